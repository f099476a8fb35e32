"""The order page."""

from portal.access import order_view
from portal.pages import render_page


@order_view
def show(request):
    return render_page(request, "order")


@order_view
def story(request):
    return render_page(request, "order", fragment="story")


@order_view(fresh_code=True)
def address(request):
    return render_page(request, "address")
