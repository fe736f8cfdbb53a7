// Runs ONNX files in ONNX Runtime: node onnx_runtime.js REQUEST, with a JSON file that holds {"models": [path …], "shape": [rows, …],
// "features": path of raw float32}. Prints one line of JSON for each model, {output: {"shape", "base64"}}.
const fs = require("fs");
const runtime = require("onnxruntime-node");

async function main() {
  const request = JSON.parse(fs.readFileSync(process.argv[2]));
  const bytes = fs.readFileSync(request.features);
  const numbers = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  for (const model of request.models) {
    const session = await runtime.InferenceSession.create(model);
    const results = await session.run({ [session.inputNames[0]]: new runtime.Tensor("float32", numbers, request.shape) });
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
