"""Files of a case, given to somebody who may have them: never run, never kept, never listed."""

from django.http import Http404, HttpResponse

from returns import files


def served(name: str, content_type: str, called: str, *, attached: bool = False) -> HttpResponse:
    """The file `name` of the store of files. called: its name on the reader's machine.

    content_type is our own word for it, from the row, never the sender's. Raises Http404
    when the file is gone (a return whose time to be kept is over).
    """
    try:
        data = files.read(name)
    except FileNotFoundError:
        raise Http404 from None
    return response(data, content_type, called, attached=attached)


def response(
    data: bytes, content_type: str, called: str, *, attached: bool = False, sandbox: bool = True
) -> HttpResponse:
    """sandbox: for what came from outside, however it was rebuilt."""
    answer = HttpResponse(data, content_type=content_type)
    how = "attachment" if attached else "inline"
    answer["Content-Disposition"] = f'{how}; filename="{called}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, no-store"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    if sandbox:
        answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
