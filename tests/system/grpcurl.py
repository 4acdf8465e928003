"""Stands in for grpcurl, which Debian does not have: as much of it as our pages use.

    grpcurl.py -plaintext [-d JSON] ADDRESS [list | describe SYMBOL | SERVICE/METHOD]

Knows no proto file: what it sends and shows is described by the server's reflection alone.
"""

import argparse

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

REFLECTION = "grpc.reflection.v1alpha"
STREAM = f"/{REFLECTION}.ServerReflection/ServerReflectionInfo"
CALL_SECONDS = 60
OPTIONAL = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
REPEATED = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED
# What of the protocol of reflection is used here: fields by message, as (name, number, label, type).
MESSAGES = {
    "ServerReflectionRequest": [("file_by_filename", 3, OPTIONAL, "string"),
                                ("file_containing_symbol", 4, OPTIONAL, "string"),
                                ("list_services", 7, OPTIONAL, "string")],
    "FileDescriptorResponse": [("file_descriptor_proto", 1, REPEATED, "bytes")],
    "ServiceResponse": [("name", 1, OPTIONAL, "string")],
    "ListServiceResponse": [("service", 1, REPEATED, "ServiceResponse")],
    "ErrorResponse": [("error_code", 1, OPTIONAL, "int32"), ("error_message", 2, OPTIONAL, "string")],
    "ServerReflectionResponse": [("file_descriptor_response", 4, OPTIONAL, "FileDescriptorResponse"),
                                 ("list_services_response", 6, OPTIONAL, "ListServiceResponse"),
                                 ("error_response", 7, OPTIONAL, "ErrorResponse")],
}


def type_in(pool, name):
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName(name))


def reflection_types():
    file = descriptor_pb2.FileDescriptorProto(name="reflection.proto", package=REFLECTION)
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, number, label, kind in fields:
            field = message.field.add(name=field_name, number=number, label=label)
            if kind in MESSAGES:
                field.type, field.type_name = field.TYPE_MESSAGE, f".{REFLECTION}.{kind}"
            else:
                field.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return [type_in(pool, f"{REFLECTION}.ServerReflection{end}") for end in ("Request", "Response")]


class Server:

    def __init__(self, address):
        self.channel = grpc.insecure_channel(address, [("grpc.enable_http_proxy", 0)])
        self.request, response = reflection_types()
        self.stream = self.channel.stream_stream(
            STREAM, request_serializer=self.request.SerializeToString,
            response_deserializer=response.FromString)
        self.pool = descriptor_pool.DescriptorPool()
        self.known = set()

    def reflect(self, **asked):
        answer = next(iter(self.stream(iter([self.request(**asked)]), timeout=CALL_SECONDS)))
        if answer.HasField("error_response"):
            raise SystemExit(answer.error_response.error_message)
        return answer

    def services(self):
        listed = self.reflect(list_services="*").list_services_response.service
        return sorted(service.name for service in listed)

    def learn(self, **asked):
        """Adds the files of the answer to the pool, each after those that it imports."""
        files = [descriptor_pb2.FileDescriptorProto.FromString(content) for content
                 in self.reflect(**asked).file_descriptor_response.file_descriptor_proto]
        by_name = {file.name: file for file in files}

        def add(file):
            if file.name in self.known:
                return
            self.known.add(file.name)
            for needed in file.dependency:
                if needed in by_name:
                    add(by_name[needed])
                elif needed not in self.known:
                    self.learn(file_by_filename=needed)
            self.pool.AddSerializedFile(file.SerializeToString())

        for file in files:
            add(file)

    def describe(self, symbol):
        self.learn(file_containing_symbol=symbol)
        try:
            described = self.pool.FindMessageTypeByName(symbol)
        except KeyError:
            described = self.pool.FindServiceByName(symbol)
        text = (descriptor_pb2.ServiceDescriptorProto if hasattr(described, "methods")
                else descriptor_pb2.DescriptorProto)()
        described.CopyToProto(text)
        return str(text)

    def call(self, path, data):
        """The answers, as JSON."""
        service, _, name = path.rpartition("/")
        self.learn(file_containing_symbol=service)
        method = self.pool.FindServiceByName(service).FindMethodByName(name)
        described = descriptor_pb2.MethodDescriptorProto()
        method.CopyToProto(described)
        request = json_format.Parse(data or "{}", type_in(self.pool, method.input_type.full_name)(),
                                    descriptor_pool=self.pool)
        call = self.channel.unary_stream if described.server_streaming else self.channel.unary_unary
        answer = call(f"/{service}/{name}", request_serializer=lambda message: message.SerializeToString(),
                      response_deserializer=type_in(self.pool, method.output_type.full_name).FromString)(
                          request, timeout=CALL_SECONDS)
        for message in answer if described.server_streaming else [answer]:
            yield json_format.MessageToJson(message, descriptor_pool=self.pool)


def main():
    parser = argparse.ArgumentParser(prog="grpcurl", allow_abbrev=False)
    parser.add_argument("-plaintext", action="store_true", required=True)
    parser.add_argument("-d", dest="data", default="")
    parser.add_argument("address")
    parser.add_argument("what")
    parser.add_argument("symbol", nargs="?")
    asked = parser.parse_args()
    server = Server(asked.address)
    try:
        if asked.what == "list":
            print("\n".join(server.services()))
        elif asked.what == "describe":
            print(server.describe(asked.symbol))
        else:
            for answer in server.call(asked.what, asked.data):
                print(answer, flush=True)
    except grpc.RpcError as error:
        raise SystemExit(f"{error.code().name}: {error.details()}") from error
    except json_format.ParseError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
