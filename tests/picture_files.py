"""Files that somebody may upload: pictures as phones and programs make them, and what only looks like one."""

import io
import struct
import zlib

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

SCRIPT = b"<script>alert(document.domain)</script>"
SECRET = "Grace's garden"


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, format=kind, **options)
    return out.getvalue()


def picture(kind="PNG", size=(60, 40), colour="teal", mode="RGB", **options):
    return saved(Image.new(mode, size, colour), kind, **options)


def phone_photo():
    """A photo taken with the phone held upright: stored on its side, with the place and much else."""
    image = Image.new("RGB", (400, 300), "white")
    image.paste("red", (0, 0, 40, 300))  # on the left as it is stored; on top as it is meant
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it clockwise
    exif[0x010F] = "Phone of Grace"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (52.0, 31.0, 12.3), "E", (13.0, 24.0, 18.0)
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET.encode() + b"</x:xmpmeta>"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return saved(image, "JPEG", exif=exif, xmp=xmp, comment=SECRET.encode(), icc_profile=profile, quality=95)


def two_in_one():
    """A JPEG with a second picture in it, as phones write for depth and brightness (MPO)."""
    image = Image.new("RGB", (80, 60), "navy")
    return saved(image, "MPO", save_all=True, append_images=[Image.new("RGB", (80, 60), "pink")])


def talkative_png():
    notes = PngInfo()
    notes.add_text("Comment", SECRET)
    notes.add_itxt("XML:com.adobe.xmp", f"<x>{SECRET}</x>")
    return picture("PNG", pnginfo=notes)


def animation(kind, frames=3, size=(50, 40), pace=(100, 250, 400), **options):
    """A bar that moves on by ten pixels a frame."""
    images = []
    for number in range(frames):
        image = Image.new("RGB", size, "white")
        image.paste("blue", (number * 10 % size[0], 0, number * 10 % size[0] + 10, size[1]))
        images.append(image)
    pace = [pace[number % len(pace)] for number in range(frames)]
    return saved(images[0], kind, save_all=True, append_images=images[1:], duration=pace, loop=2, **options)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def huge_png(width=10_000, height=10_000, padding=1_000_000):
    """A white PNG of 100 megapixels in about a megabyte."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress((b"\x00" + b"\xff" * (width // 8)) * height, 9)
    filler = chunk(b"fiLl", bytes(max(0, padding - len(rows))))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + filler + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def gif_that_grows(before=b""):
    """A GIF that says it is one pixel, with a frame of 60,000 × 60,000 behind whatever else."""
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 60_000, 60_000) + b"\x00\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HH", 1, 1) + b"\x80\x00\x00" + bytes(6) + before + frame + b"\x3b"


def gif_without_end(frames=400_000):
    """A GIF of so many frames that to count them one by one takes long."""
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\x00\x02" + b"\x01\x4c" * 8 + b"\x00"
    return b"GIF89a" + struct.pack("<HH", 900, 900) + b"\x80\x00\x00" + bytes(6) + frame * frames


def long_animation():
    return animation("GIF", frames=120, size=(1000, 900))


def film():
    return animation("AVIF")


SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200)
PDF = b"%PDF-1.7\n" + bytes(100)
PAGE = b"<!doctype html><title>x</title>" + SCRIPT
