// Runs ONNX files in ONNX Runtime: node onnx_runtime.js REQUEST, with a JSON file that holds {"models": [path …], "batches": [{name:
// {"type", "shape", "base64"} …} …]}. Prints one line of JSON for each model, {output: base64}, the batches one behind the other.
const fs = require("fs");
const runtime = require("onnxruntime-node");

const arrays = { float32: Float32Array, float64: Float64Array, int64: BigInt64Array };

function tensorOf({ type, shape, base64 }) {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  return new runtime.Tensor(type, new arrays[type](bytes.buffer), shape);
}

async function main() {
  const request = JSON.parse(fs.readFileSync(process.argv[2]));
  const batches = request.batches.map((inputs) =>
    Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, tensorOf(input)])));
  for (const model of request.models) {
    const session = await runtime.InferenceSession.create(model);
    const parts = {};
    for (const batch of batches) {
      for (const [name, tensor] of Object.entries(await session.run(batch))) {
        const { buffer, byteOffset, byteLength } = tensor.data;
        (parts[name] ??= []).push(Buffer.from(buffer, byteOffset, byteLength));
      }
    }
    const answer = Object.entries(parts).map(([name, all]) => [name, Buffer.concat(all).toString("base64")]);
    console.log(JSON.stringify(Object.fromEntries(answer)));
  }
}

main().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
