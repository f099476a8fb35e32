"""The desk: Django's admin, laid out for the people who answer buyers."""

from django.contrib.admin import AdminSite


class Desk(AdminSite):
    site_title = site_header = "Homeward desk"
    index_title = "Today"
