from django.http import HttpResponse


def welcome(request): return HttpResponse("todo")
def short_link(request, code): return HttpResponse("todo")
def store(request, store): return HttpResponse("todo")
def find(request, store): return HttpResponse("todo")
def code(request, store): return HttpResponse("todo")
def link(request, store, token): return HttpResponse("todo")
def step_up(request, store, ref): return HttpResponse("todo")
