"""Roles, as groups of Django's permissions; and a draft that is ready for review.

A group that is there already and may do anything is its operator's: it is left as it is.
"""

from django.conf import settings
from django.db import migrations, models

OWN = ["writer.add_post", "writer.change_own_post"]
ALL = [
    *OWN,
    *(f"writer.{may}_post" for may in ("view", "change", "delete", "publish", "publish_own")),
    *(f"writer.{may}_tag" for may in ("view", "add", "change")),
    *(f"writer.{may}_author" for may in ("view", "add", "change", "delete")),
]
ROLES = {
    "Contributor": OWN,
    "Author": [*OWN, "writer.publish_own_post"],
    "Editor": ALL,
    "Administrator": [
        *ALL,
        *(f"auth.{may}_user" for may in ("view", "add", "change", "delete")),
        "auth.view_group",
        "cms.view_reconciliation",
        "cms.change_reconciliation",
    ],
}
NAMES = {
    "change_own_post": "Can change own posts",
    "publish_post": "Can publish posts",
    "publish_own_post": "Can publish own posts",
}
MODELS = ("reconciliation", "author", "group", "post", "tag", "user")


def permission(apps, name):
    """Return the permission, made if Django has not done so yet: it does after all migrations."""
    app, _dot, codename = name.partition(".")
    model = next(model for model in MODELS if codename.endswith(model))
    kind, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=app, model=model)
    said = NAMES.get(codename) or f"Can {codename.replace('_', ' ')}"
    found, _made = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind, codename=codename, defaults={"name": said}
    )
    return found


def make_roles(apps, schema_editor):
    """Make the groups that are not there, with what each may do."""
    for role, names in ROLES.items():
        group, _made = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        if not group.permissions.exists():
            group.permissions.set([permission(apps, name) for name in names])


def keep_publishing(apps, schema_editor):
    """Let whoever may change posts publish them, as it was before the two were told apart."""
    changing, publishing = (permission(apps, f"writer.{may}_post") for may in ("change", "publish"))
    for group in changing.group_set.all():
        group.permissions.add(publishing)
    for user in changing.user_set.all():
        user.user_permissions.add(publishing)


class Migration(migrations.Migration):
    dependencies = [
        ("writer", "0002_inventory_and_history_indexes"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="post",
            options={
                "ordering": ["-edited_at", "-id"],
                "permissions": list(NAMES.items()),
            },
        ),
        migrations.AddField(
            model_name="post",
            name="review_asked_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunPython(keep_publishing, migrations.RunPython.noop),
        migrations.RunPython(make_roles, migrations.RunPython.noop),
    ]
