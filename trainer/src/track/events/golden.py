"""Writes golden.hex: events as Python's tensorboard writes them, one record a line, in hexadecimal.

    pip install tensorboard
    python golden.py > golden.hex

The tests of events.rs write the same events, and want the same bytes.
"""

import io

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter


def scalars(**values):
    names = [("loss", "loss"), ("valid", "valid/precision@10")]
    return Summary(value=[Summary.Value(tag=tag, simple_value=values[key]) for key, tag in names if key in values])


EVENTS = [
    Event(wall_time=1700000000.25, file_version="brain.Event:2"),
    Event(wall_time=1700000001.5, summary=scalars(loss=3.5)),
    Event(wall_time=1700000002.0, step=1, summary=scalars(loss=0.0, valid=0.1)),
    Event(wall_time=1700000003.0, step=300, summary=scalars(loss=float("nan"), valid=-1e-30)),
    Event(wall_time=1700000004.0, step=2**40, summary=scalars(loss=float("inf"))),
    Event(wall_time=1700000005.0, step=301, session_log=SessionLog(status=SessionLog.START)),
]


class Kept(io.BytesIO):
    """A file whose bytes can still be read once it is closed."""


for event in EVENTS:
    file = Kept()
    RecordWriter(file).write(event.SerializeToString())
    print(file.getvalue().hex())
