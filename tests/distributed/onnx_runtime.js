// Runs ONNX files in ONNX Runtime: node onnx_runtime.js REQUEST, with a JSON file that holds {"models": [path …], "inputs": {name:
// {"type", "shape", "base64"} …}}. Prints one line of JSON for each model, {output: {"shape", "base64"}}.
const fs = require("fs");
const runtime = require("onnxruntime-node");

const arrays = { float32: Float32Array, float64: Float64Array, int64: BigInt64Array };

function tensorOf({ type, shape, base64 }) {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  return new runtime.Tensor(type, new arrays[type](bytes.buffer), shape);
}

async function main() {
  const request = JSON.parse(fs.readFileSync(process.argv[2]));
  const inputs = Object.fromEntries(Object.entries(request.inputs).map(([name, input]) => [name, tensorOf(input)]));
  for (const model of request.models) {
    const session = await runtime.InferenceSession.create(model);
    const results = await session.run(inputs);
    const answer = {};
    for (const [name, tensor] of Object.entries(results)) {
      const { buffer, byteOffset, byteLength } = tensor.data;
      answer[name] = { shape: tensor.dims, base64: Buffer.from(buffer, byteOffset, byteLength).toString("base64") };
    }
    console.log(JSON.stringify(answer));
  }
}

main().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
