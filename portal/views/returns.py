from django.http import HttpResponse


def items(request, store, ref): return HttpResponse("todo")
def reason(request, store, ref, line): return HttpResponse("todo")
def wish(request, store, ref): return HttpResponse("todo")
def check(request, store, ref): return HttpResponse("todo")
def show(request, store, ref, number): return HttpResponse("todo")
def cancel(request, store, ref, number): return HttpResponse("todo")
def answer(request, store, ref, number): return HttpResponse("todo")
def appeal(request, store, ref, number): return HttpResponse("todo")
