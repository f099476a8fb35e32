"""Files of a case, given to somebody who may have them: never run, never kept, never listed."""

from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase

from returns import files

SANDBOX = "sandbox; default-src 'none'"


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


def streamed(name: str, content_type: str, called: str) -> FileResponse:
    """The same as an attachment, for files that do not fit into memory."""
    try:
        file = files.open_file(name)
    except FileNotFoundError:
        raise Http404 from None
    answer = FileResponse(file, content_type=content_type)
    _guard(answer, "attachment", called)
    answer["Content-Security-Policy"] = SANDBOX
    return answer


def response(
    data: bytes, content_type: str, called: str, *, attached: bool = False, sandbox: bool = True
) -> HttpResponse:
    """sandbox: for what came from outside, however it was rebuilt."""
    answer = HttpResponse(data, content_type=content_type)
    how = "attachment" if attached else "inline"
    _guard(answer, how, called)
    if sandbox:
        answer["Content-Security-Policy"] = SANDBOX
    return answer


def _guard(answer: HttpResponseBase, how: str, called: str) -> None:
    answer["Content-Disposition"] = f'{how}; filename="{called}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, no-store"
    answer["X-Robots-Tag"] = "noindex, nofollow"
