"""The same event, read under other field names. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

__all__ = ["twin"]


def twin(
    cls: type[msgspec.Struct],
    names: Mapping[str, str],
    *,
    types: Mapping[str, Any] | None = None,
    required: Collection[str] = (),
    defaults: Mapping[str, Any] | None = None,
) -> type[Any]:
    """A subclass of ``cls`` that is read under other names, so that no copying is needed after.

    ``isinstance`` and attributes do not tell the two apart.

    Args:
        cls: what is to be read.
        names: by field, how it is called there; the others keep their names.
        types: by field, another type.
        required: fields that must be there although ``cls`` does without them.
        defaults: by field, what it is where it is not there.
    """
    # msgspec renames only the fields a class defines itself, so the twin defines all of them anew.
    own: list[tuple[str, Any, Any]] = []
    for item in msgspec.structs.fields(cls):
        default: Any = msgspec.NODEFAULT if item.name in required else item.default
        default = (defaults or {}).get(item.name, default)
        field = msgspec.field(default=default, name=names.get(item.name, item.encode_name))
        own.append((item.name, (types or {}).get(item.name, item.type), field))
    return msgspec.defstruct(
        cls.__name__,
        own,
        bases=(cls,),
        module=cls.__module__,
        frozen=True,
        kw_only=True,
        gc=cls.__struct_config__.gc,
    )
