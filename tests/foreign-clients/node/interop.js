// Runs the public gRPC interoperability cases (grpc/doc/interop-test-descriptions.md) with @grpc/grpc-js against a server.
//   node interop.js --port N [--host H] [--ca FILE] [--case NAME]
// With --ca the connection is TLS. One JSON line for each case: {"case":…,"ok":…,"error":…}. Exit 1 if one failed.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const { values: args } = parseArgs({
  options: { host: { type: 'string', default: 'localhost' }, port: { type: 'string' }, ca: { type: 'string' }, case: { type: 'string' } },
});

const CASE_TIMEOUT_MS = 20_000;
const protos = path.join(__dirname, '..', '..', 'protos');
const { grpc: { testing } } = grpc.loadPackageDefinition(
  protoLoader.loadSync('grpc/testing/test.proto', { includeDirs: [protos], keepCase: true, longs: Number, enums: String }));
const credentials = args.ca ? grpc.credentials.createSsl(fs.readFileSync(args.ca)) : grpc.credentials.createInsecure();
const target = `${args.host}:${args.port}`;
const compressing = { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip };

const zeroes = (size) => ({ body: Buffer.alloc(size) });
const bool = (value) => ({ value });
const ping = (response, request) => ({ response_parameters: [{ size: response }], payload: zeroes(request) });

function connect(Service = testing.TestService, options = {}) {
  const client = new Service(target, credentials, options);
  open.push(client);
  return client;
}
let open = [];

function unary(client, method, request, metadata = new grpc.Metadata()) {
  return new Promise((resolve, reject) => {
    const seen = {};
    const call = client[method](request, metadata, (error, response) => {
      seen.error = error;
      seen.response = response;
    });
    call.on('metadata', (headers) => { seen.headers = headers; });
    call.on('status', (status) => {
      seen.status = status;
      setImmediate(() => (seen.error ? reject(seen.error) : resolve(seen)));
    });
  });
}

function clientStream(client, messages) {
  return new Promise((resolve, reject) => {
    const call = client.StreamingInputCall((error, response) => (error ? reject(error) : resolve(response)));
    for (const [message, flags] of messages) call.write(message, flags);
    call.end();
  });
}

// The messages, headers and status of a call with a stream of responses; onMessage may write or cancel.
function collect(call, onMessage = () => {}) {
  return new Promise((resolve) => {
    const seen = { sizes: [] };
    call.on('metadata', (headers) => { seen.headers = headers; });
    call.on('data', (message) => {
      seen.sizes.push(message.payload.body.length);
      onMessage(call, seen.sizes.length);
    });
    call.on('error', () => {});
    call.on('status', (status) => {
      seen.status = status;
      setImmediate(() => resolve(seen));
    });
  });
}

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'the call succeeded' });
}

const cases = {
  async empty_unary() {
    assert.deepStrictEqual((await unary(connect(), 'EmptyCall', {})).response, {});
  },
  async large_unary() {
    const { response } = await unary(connect(), 'UnaryCall', { response_size: 314159, payload: zeroes(271828) });
    assert.ok(response.payload.body.equals(Buffer.alloc(314159)));
  },
  async client_compressed_unary() {
    const request = { expect_compressed: bool(true), response_size: 314159, payload: zeroes(271828) };
    assert.strictEqual((await failure(unary(connect(), 'UnaryCall', request))).code, grpc.status.INVALID_ARGUMENT);
    const compressed = await unary(connect(testing.TestService, compressing), 'UnaryCall', request);
    assert.strictEqual(compressed.response.payload.body.length, 314159);
    const plain = await unary(connect(), 'UnaryCall', { ...request, expect_compressed: bool(false) });
    assert.strictEqual(plain.response.payload.body.length, 314159);
  },
  async server_compressed_unary() {
    for (const value of [true, false]) {
      const request = { response_compressed: bool(value), response_size: 314159, payload: zeroes(271828) };
      assert.strictEqual((await unary(connect(), 'UnaryCall', request)).response.payload.body.length, 314159);
    }
  },
  async client_streaming() {
    const response = await clientStream(connect(), [27182, 8, 1828, 45904].map((size) => [{ payload: zeroes(size) }, 0]));
    assert.strictEqual(response.aggregated_payload_size, 74922);
  },
  async client_compressed_streaming() {
    const first = { expect_compressed: bool(true), payload: zeroes(27182) };
    const second = { expect_compressed: bool(false), payload: zeroes(45904) };
    assert.strictEqual((await failure(clientStream(connect(), [[first, 0]]))).code, grpc.status.INVALID_ARGUMENT);
    const NO_COMPRESS = 2;
    const response = await clientStream(connect(testing.TestService, compressing), [[first, 0], [second, NO_COMPRESS]]);
    assert.strictEqual(response.aggregated_payload_size, 73086);
  },
  async server_streaming() {
    const sizes = [31415, 9, 2653, 58979];
    const seen = await collect(connect().StreamingOutputCall({ response_parameters: sizes.map((size) => ({ size })) }));
    assert.deepStrictEqual(seen.sizes, sizes);
    assert.strictEqual(seen.status.code, grpc.status.OK);
  },
  async server_compressed_streaming() {
    const response_parameters = [{ compressed: bool(true), size: 31415 }, { compressed: bool(false), size: 92653 }];
    const seen = await collect(connect().StreamingOutputCall({ response_parameters }));
    assert.deepStrictEqual(seen.sizes, [31415, 92653]);
    assert.strictEqual(seen.status.code, grpc.status.OK);
  },
  async ping_pong() {
    const pings = [[31415, 27182], [9, 8], [2653, 1828], [58979, 45904]];
    const call = connect().FullDuplexCall();
    const seen = collect(call, (_, count) => (count < pings.length ? call.write(ping(...pings[count])) : call.end()));
    call.write(ping(...pings[0]));
    assert.deepStrictEqual((await seen).sizes, pings.map(([size]) => size));
    assert.strictEqual((await seen).status.code, grpc.status.OK);
  },
  async empty_stream() {
    const call = connect().FullDuplexCall();
    const seen = collect(call);
    call.end();
    assert.deepStrictEqual((await seen).sizes, []);
    assert.strictEqual((await seen).status.code, grpc.status.OK);
  },
  async custom_metadata() {
    const metadata = new grpc.Metadata();
    metadata.set('x-grpc-test-echo-initial', 'test_initial_metadata_value');
    metadata.set('x-grpc-test-echo-trailing-bin', Buffer.from('ababab', 'hex'));
    const check = (seen) => {
      assert.deepStrictEqual(seen.headers.get('x-grpc-test-echo-initial'), ['test_initial_metadata_value']);
      assert.deepStrictEqual(seen.status.metadata.get('x-grpc-test-echo-trailing-bin'), [Buffer.from('ababab', 'hex')]);
    };
    check(await unary(connect(), 'UnaryCall', { response_size: 314159, payload: zeroes(271828) }, metadata));
    const call = connect().FullDuplexCall(metadata);
    const seen = collect(call);
    call.write(ping(314159, 271828));
    call.end();
    check(await seen);
  },
  async status_code_and_message() {
    const response_status = { code: 2, message: 'test status message' };
    const error = await failure(unary(connect(), 'UnaryCall', { response_status }));
    assert.deepStrictEqual([error.code, error.details], [2, 'test status message']);
    const call = connect().FullDuplexCall();
    const seen = collect(call);
    call.write({ response_status });
    call.end();
    const { status } = await seen;
    assert.deepStrictEqual([status.code, status.details], [2, 'test status message']);
  },
  async special_status_message() {
    const message = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
    const error = await failure(unary(connect(), 'UnaryCall', { response_status: { code: 2, message } }));
    assert.deepStrictEqual([error.code, error.details], [2, message]);
  },
  async unimplemented_method() {
    assert.strictEqual((await failure(unary(connect(), 'UnimplementedCall', {}))).code, grpc.status.UNIMPLEMENTED);
  },
  async unimplemented_service() {
    const client = connect(testing.UnimplementedService);
    assert.strictEqual((await failure(unary(client, 'UnimplementedCall', {}))).code, grpc.status.UNIMPLEMENTED);
  },
  async cancel_after_begin() {
    const error = await failure(new Promise((resolve, reject) => {
      const call = connect().StreamingInputCall((e, response) => (e ? reject(e) : resolve(response)));
      call.cancel();
    }));
    assert.strictEqual(error.code, grpc.status.CANCELLED);
  },
  async cancel_after_first_response() {
    const call = connect().FullDuplexCall();
    const seen = collect(call, () => call.cancel());
    call.write(ping(31415, 27182));
    assert.strictEqual((await seen).status.code, grpc.status.CANCELLED);
  },
  async timeout_on_sleeping_server() {
    const call = connect().FullDuplexCall({ deadline: Date.now() + 1 });
    const seen = collect(call);
    call.write({ payload: zeroes(27182) });
    assert.strictEqual((await seen).status.code, grpc.status.DEADLINE_EXCEEDED);
  },
};

async function main() {
  let failed = false;
  for (const name of args.case ? [args.case] : Object.keys(cases)) {
    let timer;
    try {
      const timeout = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('timed out')), CASE_TIMEOUT_MS); });
      await Promise.race([cases[name](), timeout]);
      console.log(JSON.stringify({ case: name, ok: true }));
    } catch (error) {
      failed = true;
      console.log(JSON.stringify({ case: name, ok: false, error: String(error.stack ?? error) }));
    } finally {
      clearTimeout(timer);
      for (const client of open) client.close();
      open = [];
    }
  }
  process.exit(failed ? 1 : 0);
}

main();
