#!/usr/bin/env python3
"""Writes corpus/: what the targets begin with, from files that the project has written, its examples, and
formats that other programs write. Needs protoc and python3-protobuf. The result is committed."""

import gzip
import json
import pathlib
import shutil
import sqlite3
import struct
import zipfile
import zlib
from io import BytesIO

import wire_samples
from google.protobuf import json_format

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CORPUS = HERE / "corpus"
OLD = ROOT / "tests/upgrade/0.1.0"
NUMBERS = (b"\0", b"\1", b"\2", b"\3", b"\4", b"\5", b"\6", b"\7")


def put(target, name, data):
    directory = CORPUS / target
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def put_all(target, inputs):
    for i, data in enumerate(inputs):
        put(target, f"{i:02}", data)


def job_files():
    for path in sorted(ROOT.glob("examples/*.yaml")) + [ROOT / "tests/upgrade/job.yaml"]:
        put("job_file", path.name, path.read_bytes())
    put("job_file", "overrides", (ROOT / "examples/fashion_mlp.yaml").read_bytes() +
        b"\0optimizer.adamw.lr=3e-3\nmodel={gpt: {preset: gpt2-small}}\nsteps=10\nname=a-b")
    put_all("job_file", [
        "a: &b 1\nc: *b\n", "!!python/object:os {}", "<<: {a: 1}", "name: [[[[[[[[[[]]]]]]]]]]",
        'name: "\\x41\\u00e9\\n"', "seed: 18446744073709551615\nsteps: 9223372036854775808\n",
        "workers: {min: 1, min: 2}", "nmae: a\n"])


# As short as one that is accepted can be.
VALID_SPEC = {
    "name": "a", "model": {"mlp": {"hidden_sizes": [4]}, "loss": "LOSS_CROSS_ENTROPY"},
    "data": {"train": {"path": "t", "format": "DATA_FORMAT_IDX"}}, "batch": {"global": 8},
    "steps": 10, "optimizer": {"adamw": {"lr": 1e-3}}}


def messages():
    worker = wire_samples.load("descent/v1/worker")
    service = wire_samples.load("descent/v1/service")
    spec = wire_samples.load("descent/v1/job_spec")
    log = wire_samples.load("descent/v1/log")
    store = wire_samples.load("descent/store/v1/job_record")
    for target, message_type, prefixes in (
            ("worker_message", worker.WorkerMessage, [b""]),
            ("coordinator_message", worker.CoordinatorMessage, [b""]),
            ("job_spec", spec.JobSpec, [b""]),
            ("log_chunk", log.LogChunk, [b""]),
            ("job_record", store.JobRecord, [b""]),
            ("create_job", service.CreateJobRequest, [b"\0"]),
            ("list_jobs", service.ListJobsRequest, [b"\1"])):
        for name, data in wire_samples.samples(message_type):
            for prefix in prefixes:
                put(target, name, prefix + data)
    for choice, message_type in enumerate((service.UpdateJobRequest, service.QueryMetricsRequest,
                                           service.StreamJobLogsRequest)):
        for name, data in wire_samples.samples(message_type):
            put("user_request", f"{message_type.DESCRIPTOR.name}-{name}",
                NUMBERS[choice] + data)
    put("job_spec", "valid", json_format.ParseDict(VALID_SPEC, spec.JobSpec()).SerializeToString())
    job_file = (ROOT / "examples/fashion_mlp.yaml").read_text()
    for name, request in (
            ("file", {"job_file": job_file, "overrides": ["seed=5"], "labels": {"team": "nlp"}}),
            ("valid", {"spec": VALID_SPEC}),
            ("resume", {"resume_from": "jobs/full/checkpoints/latest", "priority": 60}),
            ("spec", {"spec": {"name": "a", "steps": "10", "batch": {"global": "8"}}})):
        put("create_job", f"json-{name}", b"\1" + json.dumps(request).encode())
    records = sqlite3.connect(f"file:{OLD}/state/state.db?mode=ro&immutable=1", uri=True)
    for name, record in records.execute("SELECT id, record FROM jobs ORDER BY id"):
        put("job_record", name, record)


def checkpoints():
    for i, path in enumerate(sorted(OLD.glob("checkpoints/*/*"))):
        put("manifest", f"{i}", (path / "manifest.json").read_bytes())
        put("model_description", f"{i}", (path / "model.json").read_bytes())
        put("safetensors", f"model-{i}", (path / "model.safetensors").read_bytes())
        put("safetensors", f"optimizer-{i}", (path / "optimizer.safetensors").read_bytes())
    for file, key in (("golden_image.json", "runs"), ("golden_gpt.json", "runs")):
        golden = json.loads((ROOT / "tests/numeric" / file).read_text())
        for i, run in enumerate(golden.get(key, [])):
            if "description" in run:
                put("model_description", f"{file}-{i}",
                    json.dumps(run["description"], indent=2) + "\n")
    put("model_description", "gpt", json.dumps({
        "model": {"gpt": {"layers": 2, "heads": 2, "embedding_size": 8, "context_length": 8,
                          "dropout": 0.1}},
        "loss": "cross_entropy",
        "sample": {"features": 0, "tokens": 8, "labels": 8, "classes": 4},
        "tokenizer": "char", "characters": "abcd"}, indent=2) + "\n")
    header = json.dumps({"__metadata__": {"format": "pt"},
                         "a": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]},
                         "b": {"dtype": "F32", "shape": [0], "data_offsets": [8, 8]}}).encode()
    put("safetensors", "empty-tensor", struct.pack("<Q", len(header)) + header + bytes(8))


def tables():
    texts = ["x,y,z\n1,2,3\n4,5,6\n", "a;b\r\n\"1;2\";\"\"\"q\"\"\"\r\n", "\ufeffname\tkind\nAda\tcat\n",
             "0.5,red,a\n1e3,blue,b\nNA,red,a\n", "label,c,x\na,red,1\nb,,2\n7,red,nan\n", "x\n",
             "\"a\nb\",c\n1,2\n", "x,x\n1,2\n", "1,2\r3,4", "\"open"]
    for i, text in enumerate(texts):
        put("csv_reader", f"{i:02}", NUMBERS[i % 5] + text.encode())
        for choice in (0, 1, 3, 7, 15, 23, 39, 55, 129):
            put("table", f"{i:02}-{choice}", bytes([choice]) + text.encode())


def npy(descr, shape, values, version=1, extra=""):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, {extra}}}"
    size = 2 if version == 1 else 4
    header += " " * (-(8 + size + len(header) + 1) % 64) + "\n"
    return (b"\x93NUMPY" + bytes([version, 0]) + len(header).to_bytes(size, "little") +
            header.encode() + values)


def arrays():
    floats = struct.pack("<6f", *range(6))
    files = {"f4": npy("<f4", "(2, 3)", floats), "v2": npy("<f4", "(6,)", floats, 2),
             "v3": npy("<f4", "(1, 6)", floats, 3), "u1": npy("|u1", "(2, 2, 2)", bytes(8)),
             "b1": npy("|b1", "(4,)", bytes(4)), "i8": npy("<i8", "(2,)", bytes(16)),
             "f8": npy("<f8", "(2, 1)", bytes(16)), "object": npy("|O", "(1,)", bytes(8)),
             "overflow": npy("<f4", "(4294967296, 4294967296)", floats),
             "twice": npy("<f4", "(6,)", floats, extra="'shape': (1,),")}
    for name, data in files.items():
        put("npy_file", name, data)
    for method, name in ((zipfile.ZIP_STORED, "stored"), (zipfile.ZIP_DEFLATED, "deflated")):
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", method) as archive:
            for entry in ("f4", "u1", "object"):
                archive.writestr(zipfile.ZipInfo(f"{entry}.npy"), files[entry], method)
            archive.writestr(zipfile.ZipInfo("\x1b[31mred"), b"x", method)
        put("npz_file", name, packed.getvalue())
    put("npz_file", "none", b"PK\5\6" + bytes(18))
    images = struct.pack(">4I", 0x803, 2, 2, 3) + bytes(range(12))
    labels = struct.pack(">2I", 0x801, 3) + b"\0\1\2"
    huge = struct.pack(">4I", 0x803, 0xffffffff, 0xffffffff, 0xffffffff)
    put_all("idx_file", [b"\1" + images, b"\0" + labels, b"\1" + huge, b"\1" + images[:-1],
                         b"\1" + gzip.compress(images, mtime=0),
                         b"\0" + gzip.compress(labels, mtime=0), b"\0" + labels + b"\0"])


def tokens():
    def header(magic, version, count):
        return struct.pack("<3i", magic, version, count) + bytes(253 * 4)
    put_all("token_file", [b"\0" + struct.pack("<5H", 1, 2, 3, 40000, 5), b"\2" + bytes(12),
                           b"\0" + header(20240520, 1, 2) + b"\1\0\2\0",
                           b"\0" + header(20240801, 7, 1) + b"\1\0\2\0", b"\1" + bytes(3),
                           b"\1" + header(20240520, 1, 0x7fffffff), b"\0"])
    symbols = [chr(code) for code in (*range(33, 127), *range(161, 173), *range(174, 256))]
    symbols += [chr(256 + i) for i in range(256 - len(symbols))]
    vocabulary = {symbol: i for i, symbol in enumerate(symbols)}
    merges = ["a a", "a b", "aa aa"]
    for merge in merges:
        vocabulary[merge.replace(" ", "")] = len(vocabulary)
    text = json.dumps(vocabulary, ensure_ascii=False).encode()
    put("byte_pairs", "bytes", text + b"\0#version: 0.2\n" + "\n".join(merges).encode() + b"\n")
    put("byte_pairs", "lacking", text + b"\0b c\n")
    put_all("byte_pairs", ['{"a": 0, "b": 1}\0', '{"a": 0, "b": 0}\0a b', '{"a": 1e9}\0', "[]\0",
                           '{"\x7f\\u001b": [[[]]]}\0'])
    put_all("vocabulary", ["\nabü\0ab\nü", "abc\0abcd", "ba\0", "\0", "a\U0001f600\0\U0001f600a",
                           b"a\xff\0a"])


def png(width, height, colour, depth, rows):
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    header = struct.pack(">2I5B", width, height, depth, colour, 0, 0, 0)
    palette = chunk(b"PLTE", bytes(range(12))) if colour == 3 else b""
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + palette +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def jpeg(frame, scans, side=8):
    """A grey image of one colour: a table for each kind of coefficient, with one code, of one bit."""
    def segment(kind, data):
        return bytes([0xff, kind]) + struct.pack(">H", len(data) + 2) + data
    tables = segment(0xdb, b"\0" + bytes([1] * 64))
    for number in (0x00, 0x10):
        tables += segment(0xc4, bytes([number, 1] + [0] * 15) + b"\0")
    size = struct.pack(">2H", side, side)
    body = b"".join(segment(0xda, bytes([1, 1, 0, *scan])) + b"\x3f" for scan in scans)
    return (b"\xff\xd8" + tables + segment(frame, b"\x08" + size + b"\x01\x01\x11\0") + body +
            b"\xff\xd9")


def images():
    files = [png(2, 2, 0, 8, b"\0\1\2\0\3\4"), png(2, 1, 2, 8, b"\0" + bytes(6)),
             png(1, 1, 6, 8, b"\0\1\2\3\4"), png(4, 1, 3, 2, b"\0\x1b"),
             png(1, 1, 4, 16, b"\0" + bytes(4)), png(1 << 20, 1 << 20, 0, 8, b"\0"),
             jpeg(0xc0, [(0, 63, 0)]), jpeg(0xc2, [(0, 0, 0), (1, 63, 0)]),
             jpeg(0xc2, [(0, 0, 0)] + [(k, k, bits) for bits in (1, 0x10) for k in range(1, 64)]),
             jpeg(0xc0, [(0, 63, 0)], 20000)]
    for i, data in enumerate(files):
        put("image", f"grey-{i:02}", b"\0" + data)
        put("image", f"colour-{i:02}", b"\1" + data)


def requests():
    put_all("list_jobs", [
        b"\0" + text.encode() for text in (
            "state=RUNNING AND labels.team:nlp\ncreate_time desc, name\n", "\n\n",
            'name!="a b" AND priority>=10\npriority desc\nabc',
            "create_time>2026-01-31T12:00:00Z AND latest_metrics.train/loss<0.5\n"
            "latest_metrics.train/loss\n", "labels.a:* AND owner=''\nstate,end_time\n", "((((\n",
            "name=\"open\n", "state=NOTHING\nnothing\n!")])
    put_all("http_request", [
        "/v1/jobs/a%2db\nnames=train/loss,x&max_points=50\nbytes=5-9\ngzip;q=0.5, *;q=0",
        "/v1/jobs/a:cancel\npage_size=-1&page_token=%zz&a\nbytes=-5\ntext/plain",
        "/v1/jobs/a/checkpoints/latest/files/model.safetensors\nmax_points=1e9\nbytes=0-\n",
        "/v1/jobs//x:\n&&==&%\nbytes=9223372036854775807-9223372036854775808\n;q=;q=2",
        "/\n\nbytes=1-0,2-3\napplication/openmetrics-text;version=1.0.0;q=nan"])
    put_all("names_and_tokens", [
        "a.9c1e0f42@17 a.9c1e0f42:500 a.9c1e0f42~98", "a:500 b@1",
        "9c1e0f42-0000-4000-8000-000000000000@17", "127.0.0.1:9090", "[::1]:0", "[[a]]:1", "1h30min", "90s",
        "3650d", "2026-01-31T12:00:00.5+01:00", "2026-01-31", "2016-12-31T23:59:60Z", "jobs/a-1",
        "jobs/a/checkpoints/latest", "jobs/a/checkpoints/120", "pools/p/workers/3",
        "9999999999999h", "a@9223372036854775807"])
    put_all("webhook_url", [
        "https://example.org:8443/hooks/descent?team=nlp", "http://[::1]/", "http://a", "https://a?b",
        "http://user:password@a/", "ftp://a/", "http://a:0/", "http://a:99999/", "http:///x",
        "https://a/%0d%0aHost:b"])


def others():
    put_all("host_file", ["a slots=4 max_slots=8\nb slots=2 # two\n\na slots=1\n",
                          "user@10.0.0.1 slots=1\r\n", "a\n", "--mca slots=1", "a,b slots=1",
                          "a slots=4097", "a slots=1 slots=2"])
    for i, path in enumerate(sorted(OLD.glob("state/logs/*/*.log"))):
        put("log_record", f"old-{i}", path.read_bytes()[:2000])
    put_all("log_record", [
        "1795815295536221\t2\t1\t1\t1\tinfo\t-\ta\\nb\\\\c\td\n",
        "1\t2\t3\t1\t0\twarning/stderr\t12\tlast words\\r\n", "1\t2\t3\t1\t0\tinfo/none\t1\t\n",
        "9223372036854775807\t-1\t0\t2147483647\t-1\terror\t-5\t\\\n", "\t\t\t\t\t\t\t\n"])


def main():
    shutil.rmtree(CORPUS, ignore_errors=True)
    for write in (job_files, messages, checkpoints, tables, arrays, tokens, images, requests, others):
        write()
    for directory in sorted(CORPUS.iterdir()):
        sizes = [path.stat().st_size for path in directory.iterdir()]
        print(f"{directory.name}: {len(sizes)} inputs, {sum(sizes)} bytes")


if __name__ == "__main__":
    main()
