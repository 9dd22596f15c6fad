// Saving: what is typed is kept, here and at the site. Without it the Save button still does.
