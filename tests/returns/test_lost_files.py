"""Files that a killed process left behind go; those of a photo stay."""

import os
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from returns import files
from returns.models import Document, MessagePhoto, Photo
from returns.tidying import drop_lost_files
from tests.returns.returning import returned


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "portal.storage.DurableFileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }


def kept(folder: str = "photos", hours_ago: int = 48) -> str:
    name = files.keep(folder, "jpg", b"picture")
    moment = (timezone.now() - timedelta(hours=hours_ago)).timestamp()
    os.utime(default_storage.path(name), (moment, moment))
    return name


def test_case_66_a_file_without_a_row_goes_after_a_day(db):
    old, young = kept(), kept(hours_ago=1)
    assert drop_lost_files() == 1
    assert not default_storage.exists(old)
    assert default_storage.exists(young)


def test_the_files_of_photos_messages_and_labels_stay(order):
    rma = returned(order)
    photo = Photo.objects.create(
        authorization=rma,
        kind="item",
        file=kept(),
        thumbnail=kept(),
        sha256="0" * 64,
        width=1,
        height=1,
        taken_by="buyer",
    )
    label = Document.objects.create(
        authorization=rma,
        kind="label",
        file=kept("documents"),
        content_type="application/pdf",
        sha256="0" * 64,
    )
    message = order.write("It is broken.", key="one")
    shown = MessagePhoto.objects.create(
        message=message, file=kept(), thumbnail=kept(), sha256="0" * 64, width=1, height=1
    )
    assert drop_lost_files() == 0
    for name in (photo.file, photo.thumbnail, label.file, shown.file, shown.thumbnail):
        assert default_storage.exists(name)


def test_nothing_was_ever_kept(db):
    assert drop_lost_files() == 0
