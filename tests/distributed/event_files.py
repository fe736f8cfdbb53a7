"""Reads event files with other means than the program's own: framing and CRC-32C from their definitions in plain Python, and
Google's protobuf for Python with descriptors made here from the published numbers of TensorBoard's fields."""
import functools
import math
import struct
import zlib

# Of tensorboard/compat/proto/{event,summary,histogram,tensor,tensor_shape,graph,node_def,attr_value,versions}.proto and
# tensorboard/plugins/hparams/plugin_data.proto: message: [(field, number, type)], [] around what is repeated, {} around maps.
MESSAGES = {
    "Event": [("wall_time", 1, "double"), ("step", 2, "int64"), ("file_version", 3, "string"), ("graph_def", 4, "bytes"),
              ("summary", 5, "Summary")],
    "Summary": [("value", 1, ["Value"])],
    "Value": [("tag", 1, "string"), ("simple_value", 2, "float"), ("image", 4, "Image"), ("histo", 5, "HistogramProto"),
              ("tensor", 8, "TensorProto"), ("metadata", 9, "SummaryMetadata")],
    "Image": [("height", 1, "int32"), ("width", 2, "int32"), ("colorspace", 3, "int32"), ("encoded_image_string", 4, "bytes")],
    "HistogramProto": [("min", 1, "double"), ("max", 2, "double"), ("num", 3, "double"), ("sum", 4, "double"),
                       ("sum_squares", 5, "double"), ("bucket_limit", 6, ["double"]), ("bucket", 7, ["double"])],
    "TensorProto": [("dtype", 1, "int32"), ("tensor_shape", 2, "TensorShapeProto")],
    "TensorShapeProto": [("dim", 2, ["Dim"])],
    "Dim": [("size", 1, "int64")],
    "SummaryMetadata": [("plugin_data", 1, "PluginData"), ("display_name", 2, "string"), ("data_class", 4, "int32")],
    "PluginData": [("plugin_name", 1, "string"), ("content", 2, "bytes")],
    "GraphDef": [("node", 1, ["NodeDef"]), ("versions", 4, "VersionDef")],
    "VersionDef": [("producer", 1, "int32")],
    "NodeDef": [("name", 1, "string"), ("op", 2, "string"), ("input", 3, ["string"]), ("attr", 5, {"string": "AttrValue"})],
    "AttrValue": [("list", 1, "ListValue"), ("s", 2, "bytes"), ("i", 3, "int64")],
    "ListValue": [("shape", 7, ["TensorShapeProto"])],
    "HParamsPluginData": [("version", 1, "int32"), ("session_start_info", 3, "SessionStartInfo"),
                          ("session_end_info", 4, "SessionEndInfo")],
    "SessionStartInfo": [("hparams", 1, {"string": "google.protobuf.Value"}), ("group_name", 4, "string"),
                         ("start_time_secs", 5, "double")],
    "SessionEndInfo": [("status", 1, "int32"), ("end_time_secs", 2, "double")],
}
# Of which a message has one at most: these know whether they are there, even as 0.
ALTERNATIVES = {
    "Event": ("file_version", "graph_def", "summary"),
    "Value": ("simple_value", "image", "histo", "tensor"),
    "AttrValue": ("list", "s", "i"),
    "HParamsPluginData": ("session_start_info", "session_end_info"),
}


def add_field(message, name, number, kind):
    from google.protobuf import descriptor_pb2
    field = message.field.add(name=name, number=number, label=descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL)
    if isinstance(kind, dict):
        # A map is repeated entries of a key and a value.
        ((key, value),) = kind.items()
        entry = message.nested_type.add(name=name.title().replace("_", "") + "Entry")
        entry.options.map_entry = True
        add_field(entry, "key", 1, key)
        add_field(entry, "value", 2, value)
        kind = [f"{message.name}.{entry.name}"]
    if isinstance(kind, list):
        field.label = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
        (kind,) = kind
    types = descriptor_pb2.FieldDescriptorProto
    plain = getattr(types, f"TYPE_{kind.upper()}", None)
    field.type = types.TYPE_MESSAGE if plain is None else plain
    if plain is None:
        field.type_name = f".{kind}" if kind.startswith("google.") else f".tensorboard.{kind}"
    if name in ALTERNATIVES.get(message.name, ()):
        field.oneof_index = 0


@functools.cache
def message_types():
    """The class of every message, by name."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(struct_pb2.DESCRIPTOR.serialized_pb)
    file = descriptor_pb2.FileDescriptorProto(name="tensorboard.proto", package="tensorboard", syntax="proto3",
                                              dependency=[struct_pb2.DESCRIPTOR.name])
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        if name in ALTERNATIVES:
            message.oneof_decl.add(name="alternatives")
        for field in fields:
            add_field(message, *field)
    pool.AddSerializedFile(file.SerializeToString())
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName(f"tensorboard.{name}")) for name in MESSAGES}


def parse(name, content):
    """Parses a message, which may have no field that is not known here."""
    message = message_types()[name]()
    message.ParseFromString(content)
    message.DiscardUnknownFields()
    assert message.ByteSize() == len(content), f"{name} has fields that TensorBoard does not know"
    return message


def crc32c(data):
    """Castagnoli's cyclic redundancy check: polynomial 0x1EDC6F41, reflected 0x82F63B78."""
    value = 0xFFFFFFFF
    for byte in data:
        value = CRC_TABLE[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


def crc_of_byte(byte):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    return byte


CRC_TABLE = [crc_of_byte(byte) for byte in range(256)]


def masked(value):
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records_in(data):
    """The contents of the whole records at the beginning, and how many bytes they take; a checksum that is wrong is an error."""
    contents, at = [], 0
    while len(data) - at >= 12:
        length, check = struct.unpack_from("<QI", data, at)
        assert check == masked(crc32c(data[at:at + 8])), f"the length at byte {at} is damaged"
        if len(data) - at < 16 + length:
            break
        content = data[at + 12:at + 12 + length]
        assert struct.unpack_from("<I", data, at + 12 + length)[0] == masked(crc32c(content)), f"the record at byte {at} is damaged"
        contents.append(content)
        at += 16 + length
    return contents, at


def files_of(run):
    """What TensorBoard takes for event files of a run."""
    return sorted(path for path in run.iterdir() if "tfevents" in path.name)


def events_of(run, whole=True):
    """The events of a run, whose one file must have nothing behind its last record where it is to be `whole`."""
    (file,) = files_of(run)
    data = file.read_bytes()
    contents, end = records_in(data)
    assert end == len(data) or not whole, f"{file}: {len(data) - end} bytes behind the last record"
    return [parse("Event", content) for content in contents]


def hyperparameters_of(value):
    """What the plugin for hyper-parameters finds in a value."""
    assert value.metadata.plugin_data.plugin_name == "hparams"
    # DATA_CLASS_TENSOR, with an empty tensor of DT_FLOAT: the form in which every version of the plugin takes it.
    assert value.metadata.data_class == 2 and value.tensor.dtype == 1 and [dim.size for dim in value.tensor.tensor_shape.dim] == [0]
    return parse("HParamsPluginData", value.metadata.plugin_data.content)


def values_of(events):
    """{tag: {step: value}}, with a number for a scalar; every tag must have each step once, in ascending order."""
    found = {}
    for event in events:
        for value in event.summary.value:
            series = found.setdefault(value.tag, {})
            assert not series or max(series) < event.step, f"{value.tag} has step {event.step} behind {max(series)}"
            kind = value.WhichOneof("alternatives")
            series[event.step] = value if kind == "tensor" else getattr(value, kind)
    return found


def without_times(events):
    """Bytes of the events in which nothing tells the time of day."""
    stripped = []
    for event in events:
        copy = type(event)()
        copy.CopyFrom(event)
        copy.wall_time = 0
        for value in copy.summary.value:
            if value.metadata.plugin_data.plugin_name != "hparams":
                continue
            data = hyperparameters_of(value)
            for part in ("session_start_info", "session_end_info"):
                if data.HasField(part):
                    getattr(data, part).ClearField("start_time_secs" if part == "session_start_info" else "end_time_secs")
            value.metadata.plugin_data.content = data.SerializeToString(deterministic=True)
        stripped.append(copy.SerializeToString(deterministic=True))
    return stripped


def deviation(histogram):
    """Standard deviation about zero."""
    return math.sqrt(histogram.sum_squares / histogram.num)


def pixels_of(image):
    """The bytes of an Image's PNG, row after row."""
    data = image.encoded_image_string
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "this is no PNG file"
    at, chunks = 8, {}
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name, content = data[at + 4:at + 8], data[at + 8:at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(name + content), "a chunk is damaged"
        chunks[name] = chunks.get(name, b"") + content
        at += 12 + length
    width, height, depth, colour, *methods = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    channels = {0: 1, 2: 3}[colour]
    assert (width, height, depth, methods) == (image.width, image.height, 8, [0, 0, 0]) and image.colorspace == channels
    lines = zlib.decompress(chunks[b"IDAT"])
    size = 1 + width * channels
    assert len(lines) == height * size and all(lines[row * size] == 0 for row in range(height)), "rows are filtered"
    return b"".join(lines[row * size + 1:(row + 1) * size] for row in range(height))
