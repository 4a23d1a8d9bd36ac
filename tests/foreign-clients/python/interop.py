"""Runs the public gRPC interoperability cases (grpc/doc/interop-test-descriptions.md) with grpcio against a server.

    python3 interop.py --port N [--host H] [--ca FILE] [--case NAME]

With --ca the connection is TLS. One JSON line for each case: {"case":..., "ok":..., "error":...}. Exit 1 if one failed.
Needs grpcio and protobuf (Debian: python3-grpcio, python3-protobuf) and no generated code: the messages are made here.
"""
import argparse
import json
import sys
import traceback

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

TIMEOUT = 20
PACKAGE = "grpc.testing"

# Field: (name, number, type); a type that is a message's name is that message, [type] is repeated.
MESSAGES = {
    "Empty": [],
    "BoolValue": [("value", 1, "bool")],
    "Payload": [("type", 1, "int32"), ("body", 2, "bytes")],
    "EchoStatus": [("code", 1, "int32"), ("message", 2, "string")],
    "SimpleRequest": [
        ("response_type", 1, "int32"), ("response_size", 2, "int32"), ("payload", 3, "Payload"),
        ("response_compressed", 6, "BoolValue"), ("response_status", 7, "EchoStatus"), ("expect_compressed", 8, "BoolValue")],
    "SimpleResponse": [("payload", 1, "Payload")],
    "StreamingInputCallRequest": [("payload", 1, "Payload"), ("expect_compressed", 2, "BoolValue")],
    "StreamingInputCallResponse": [("aggregated_payload_size", 1, "int32")],
    "ResponseParameters": [("size", 1, "int32"), ("interval_us", 2, "int32"), ("compressed", 3, "BoolValue")],
    "StreamingOutputCallRequest": [
        ("response_type", 1, "int32"), ("response_parameters", 2, ["ResponseParameters"]), ("payload", 3, "Payload"),
        ("response_status", 7, "EchoStatus")],
    "StreamingOutputCallResponse": [("payload", 1, "Payload")],
}


def make_messages():
    field = descriptor_pb2.FieldDescriptorProto
    scalars = {"bool": field.TYPE_BOOL, "int32": field.TYPE_INT32, "bytes": field.TYPE_BYTES, "string": field.TYPE_STRING}
    file = descriptor_pb2.FileDescriptorProto(name="interop.proto", package=PACKAGE, syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind in fields:
            repeated = isinstance(kind, list)
            kind = kind[0] if repeated else kind
            made = message.field.add(
                name=field_name, number=number, label=field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL)
            if kind in scalars:
                made.type = scalars[kind]
            else:
                made.type = field.TYPE_MESSAGE
                made.type_name = f".{PACKAGE}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    make = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
    return {name: make(pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in MESSAGES}


M = make_messages()


class Client:
    def __init__(self, channel):
        def method(kind, path, request, response):
            return getattr(channel, kind)(
                path, request_serializer=M[request].SerializeToString, response_deserializer=M[response].FromString)

        service = f"/{PACKAGE}.TestService/"
        output = ("StreamingOutputCallRequest", "StreamingOutputCallResponse")
        self.empty = method("unary_unary", service + "EmptyCall", "Empty", "Empty")
        self.unary = method("unary_unary", service + "UnaryCall", "SimpleRequest", "SimpleResponse")
        self.input = method("stream_unary", service + "StreamingInputCall", "StreamingInputCallRequest", "StreamingInputCallResponse")
        self.output = method("unary_stream", service + "StreamingOutputCall", *output)
        self.duplex = method("stream_stream", service + "FullDuplexCall", *output)
        self.unimplemented = method("unary_unary", service + "UnimplementedCall", "Empty", "Empty")
        self.unimplemented_service = method(
            "unary_unary", f"/{PACKAGE}.UnimplementedService/UnimplementedCall", "Empty", "Empty")


def zeroes(size):
    return M["Payload"](body=bytes(size))


def truth(value):
    return M["BoolValue"](value=value)


def ping(response, request):
    return M["StreamingOutputCallRequest"](
        response_parameters=[M["ResponseParameters"](size=response)], payload=zeroes(request))


def equal(actual, expected):
    if actual != expected:
        raise AssertionError(f"expected {expected!r}, was {actual!r}")


def failure(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call succeeded")


class Requests:
    """Requests that are sent one by one, as the test goes on."""

    def __init__(self):
        import queue
        self.queue = queue.Queue()

    def send(self, message):
        self.queue.put(message)

    def end(self):
        self.queue.put(None)

    def __iter__(self):
        return iter(self.queue.get, None)


def empty_unary(c):
    equal(c.empty(M["Empty"](), timeout=TIMEOUT), M["Empty"]())


def large_unary(c):
    response = c.unary(M["SimpleRequest"](response_size=314159, payload=zeroes(271828)), timeout=TIMEOUT)
    equal(response.payload.body == bytes(314159), True)


def client_compressed_unary(c):
    request = M["SimpleRequest"](expect_compressed=truth(True), response_size=314159, payload=zeroes(271828))
    equal(failure(lambda: c.unary(request, timeout=TIMEOUT)).code(), grpc.StatusCode.INVALID_ARGUMENT)
    equal(len(c.unary(request, timeout=TIMEOUT, compression=grpc.Compression.Gzip).payload.body), 314159)
    request.expect_compressed.value = False
    equal(len(c.unary(request, timeout=TIMEOUT).payload.body), 314159)


def server_compressed_unary(c):
    for value in (True, False):
        request = M["SimpleRequest"](response_compressed=truth(value), response_size=314159, payload=zeroes(271828))
        equal(len(c.unary(request, timeout=TIMEOUT).payload.body), 314159)


def client_streaming(c):
    requests = [M["StreamingInputCallRequest"](payload=zeroes(size)) for size in (27182, 8, 1828, 45904)]
    equal(c.input(iter(requests), timeout=TIMEOUT).aggregated_payload_size, 74922)


def client_compressed_streaming(c):
    # grpcio cannot leave single messages of a compressed stream plain, so both of them are compressed here.
    def request(size, expected):
        return M["StreamingInputCallRequest"](expect_compressed=truth(expected), payload=zeroes(size))

    probe = failure(lambda: c.input(iter([request(27182, True)]), timeout=TIMEOUT))
    equal(probe.code(), grpc.StatusCode.INVALID_ARGUMENT)
    requests = [request(27182, True), request(45904, True)]
    equal(c.input(iter(requests), timeout=TIMEOUT, compression=grpc.Compression.Gzip).aggregated_payload_size, 73086)


def sizes(call):
    return [len(response.payload.body) for response in call]


def server_streaming(c):
    wanted = [31415, 9, 2653, 58979]
    request = M["StreamingOutputCallRequest"](response_parameters=[M["ResponseParameters"](size=size) for size in wanted])
    equal(sizes(c.output(request, timeout=TIMEOUT)), wanted)


def server_compressed_streaming(c):
    request = M["StreamingOutputCallRequest"](response_parameters=[
        M["ResponseParameters"](compressed=truth(True), size=31415), M["ResponseParameters"](compressed=truth(False), size=92653)])
    equal(sizes(c.output(request, timeout=TIMEOUT)), [31415, 92653])


def ping_pong(c):
    requests = Requests()
    call = c.duplex(iter(requests), timeout=TIMEOUT)
    for response, request in ((31415, 27182), (9, 8), (2653, 1828), (58979, 45904)):
        requests.send(ping(response, request))
        equal(len(next(call).payload.body), response)
    requests.end()
    equal(sizes(call), [])


def empty_stream(c):
    call = c.duplex(iter([]), timeout=TIMEOUT)
    equal(sizes(call), [])
    equal(call.code(), grpc.StatusCode.OK)


def custom_metadata(c):
    metadata = (("x-grpc-test-echo-initial", "test_initial_metadata_value"), ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"))

    def check(call):
        equal(dict(call.initial_metadata()).get("x-grpc-test-echo-initial"), "test_initial_metadata_value")
        equal(dict(call.trailing_metadata()).get("x-grpc-test-echo-trailing-bin"), b"\xab\xab\xab")

    _, call = c.unary.with_call(
        M["SimpleRequest"](response_size=314159, payload=zeroes(271828)), metadata=metadata, timeout=TIMEOUT)
    check(call)
    duplex = c.duplex(iter([ping(314159, 271828)]), metadata=metadata, timeout=TIMEOUT)
    equal(sizes(duplex), [314159])
    check(duplex)


def status_code_and_message(c):
    status = M["EchoStatus"](code=2, message="test status message")
    error = failure(lambda: c.unary(M["SimpleRequest"](response_status=status), timeout=TIMEOUT))
    equal((error.code(), error.details()), (grpc.StatusCode.UNKNOWN, "test status message"))
    error = failure(lambda: sizes(c.duplex(iter([M["StreamingOutputCallRequest"](response_status=status)]), timeout=TIMEOUT)))
    equal((error.code(), error.details()), (grpc.StatusCode.UNKNOWN, "test status message"))


def special_status_message(c):
    message = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
    status = M["EchoStatus"](code=2, message=message)
    error = failure(lambda: c.unary(M["SimpleRequest"](response_status=status), timeout=TIMEOUT))
    equal((error.code(), error.details()), (grpc.StatusCode.UNKNOWN, message))


def unimplemented_method(c):
    equal(failure(lambda: c.unimplemented(M["Empty"](), timeout=TIMEOUT)).code(), grpc.StatusCode.UNIMPLEMENTED)


def unimplemented_service(c):
    equal(failure(lambda: c.unimplemented_service(M["Empty"](), timeout=TIMEOUT)).code(), grpc.StatusCode.UNIMPLEMENTED)


def cancel_after_begin(c):
    requests = Requests()
    call = c.input.future(iter(requests), timeout=TIMEOUT)
    call.cancel()
    requests.end()
    equal(call.code(), grpc.StatusCode.CANCELLED)


def cancel_after_first_response(c):
    requests = Requests()
    call = c.duplex(iter(requests), timeout=TIMEOUT)
    requests.send(ping(31415, 27182))
    equal(len(next(call).payload.body), 31415)
    call.cancel()
    requests.end()
    equal(failure(lambda: next(call)).code(), grpc.StatusCode.CANCELLED)


def timeout_on_sleeping_server(c):
    requests = Requests()
    call = c.duplex(iter(requests), timeout=0.001)
    requests.send(M["StreamingOutputCallRequest"](payload=zeroes(27182)))
    equal(failure(lambda: next(call)).code(), grpc.StatusCode.DEADLINE_EXCEEDED)
    requests.end()


CASES = [
    empty_unary, large_unary, client_compressed_unary, server_compressed_unary, client_streaming, client_compressed_streaming,
    server_streaming, server_compressed_streaming, ping_pong, empty_stream, custom_metadata, status_code_and_message,
    special_status_message, unimplemented_method, unimplemented_service, cancel_after_begin, cancel_after_first_response,
    timeout_on_sleeping_server]


def main():
    parser = argparse.ArgumentParser(description="Runs the public gRPC interoperability cases with grpcio.")
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ca", help="PEM file of the authority to trust; with it the connection is TLS")
    parser.add_argument("--case", help="run this case alone")
    args = parser.parse_args()
    target = f"{args.host}:{args.port}"
    # One connection for all cases, as a long-lived client has, and no proxy on the way to loopback.
    options = [("grpc.enable_http_proxy", 0)]
    if args.ca:
        with open(args.ca, "rb") as file:
            channel = grpc.secure_channel(target, grpc.ssl_channel_credentials(file.read()), options)
    else:
        channel = grpc.insecure_channel(target, options)
    failed = False
    with channel:
        client = Client(channel)
        for case in CASES:
            if args.case and case.__name__ != args.case:
                continue
            result = {"case": case.__name__, "ok": True}
            try:
                case(client)
            except Exception:
                failed = True
                result = {"case": case.__name__, "ok": False, "error": traceback.format_exc()}
            print(json.dumps(result), flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
