"""Writes a BERT sentence encoder as ONNX, for running onnxruntime beside our own encoder.

Usage: python onnx_models.py MODEL_DIR OUT_DIR

MODEL_DIR holds config.json and model.safetensors as Hugging Face publishes them. OUT_DIR gets

    f32.onnx            the graph in f32
    int8_tensor.onnx    weights in int8, one scale a matrix
    int8_channel.onnx   weights in int8, one scale a column

each from input_ids, attention_mask and token_type_ids, [batch, tokens] of int64, to
last_hidden_state, [batch, tokens, width] of float32.

The graph is written in the operators that onnxruntime itself fuses BERT into (EmbedLayerNormalization,
Attention, SkipLayerNormalization, BiasGelu), so that its quantizer finds them: in a graph as exporters
write it, query, key and value stay three products, and every bias and residual a pass of its own.
"""

import json
import logging
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

# What onnxruntime itself fuses BERT into stands in this domain.
FUSED = "com.microsoft"


class Graph:
    """Nodes and constants of one graph in the making."""

    def __init__(self, weights):
        self.weights = weights
        self.nodes = []
        self.constants = {}

    def constant(self, name, value):
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def weight(self, name):
        return self.constant(name, self.weights[name])

    def matrix(self, name):
        """A linear layer's weights, [inputs, outputs]."""
        return self.constant(f"{name}.matrix", self.weights[f"{name}.weight"].T)

    def node(self, kind, inputs, outputs=1, domain=FUSED, **attributes):
        """Adds a node; gives the name of its output, or the names where it has several."""
        name = f"{kind}_{len(self.nodes)}"
        names = [name, *(f"{name}_{at}" for at in range(1, outputs))]
        self.nodes.append(helper.make_node(kind, inputs, names, name=name, domain=domain, **attributes))
        return name if outputs == 1 else names

    def cast(self, name):
        return self.node("Cast", [name], domain="", to=TensorProto.INT32)

    def residual(self, x, skip, at, layer, epsilon):
        """LayerNorm(skip + linear(x))."""
        product = self.node("MatMul", [x, self.matrix(f"{at}.{layer}")], domain="")
        norm = [self.weight(f"{at}.LayerNorm.{part}") for part in ("weight", "bias")]
        bias = self.weight(f"{at}.{layer}.bias")
        return self.node("SkipLayerNormalization", [product, skip, *norm, bias], epsilon=epsilon)


def encoder(weights, config):
    graph = Graph(weights)
    epsilon = config["layer_norm_eps"]
    tables = [graph.weight(f"embeddings.{table}_embeddings.weight") for table in ("word", "position", "token_type")]
    norm = [graph.weight(f"embeddings.LayerNorm.{part}") for part in ("weight", "bias")]
    ids, types, mask = (graph.cast(name) for name in ("input_ids", "token_type_ids", "attention_mask"))
    hidden, mask = graph.node(
        "EmbedLayerNormalization", [ids, types, *tables, *norm, mask], outputs=2, epsilon=epsilon
    )
    for layer in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{layer}"
        parts = [f"{at}.attention.self.{part}" for part in ("query", "key", "value")]
        stacked = np.concatenate([weights[f"{part}.weight"].T for part in parts], axis=1)
        bias = np.concatenate([weights[f"{part}.bias"] for part in parts])
        qkv = [graph.constant(f"{at}.qkv.matrix", stacked), graph.constant(f"{at}.qkv.bias", bias)]
        attended = graph.node("Attention", [hidden, *qkv, mask], num_heads=config["num_attention_heads"])
        hidden = graph.residual(attended, hidden, f"{at}.attention.output", "dense", epsilon)
        up = graph.node("MatMul", [hidden, graph.matrix(f"{at}.intermediate.dense")], domain="")
        up = graph.node("BiasGelu", [up, graph.weight(f"{at}.intermediate.dense.bias")])
        hidden = graph.residual(up, hidden, f"{at}.output", "dense", epsilon)
    graph.nodes.append(helper.make_node("Identity", [hidden], ["last_hidden_state"]))
    return graph


def main(model_dir, out_dir):
    config = json.loads((model_dir / "config.json").read_text(encoding="utf-8"))
    if config["hidden_act"] != "gelu":
        sys.exit(f"{model_dir}: its activation is {config['hidden_act']}, and this graph has gelu")
    weights = {
        name.removeprefix("bert."): value.astype(np.float32)
        for name, value in load_file(model_dir / "model.safetensors").items()
        if value.dtype != np.int64
    }
    graph = encoder(weights, config)
    shape = ["batch", "tokens"]
    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "bert",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in inputs],
            [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, config["hidden_size"]])],
            list(graph.constants.values()),
        ),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(FUSED, 1)],
        ir_version=8,
    )
    out_dir.mkdir(parents=True, exist_ok=True)
    whole = out_dir / "f32.onnx"
    onnx.save(model, whole)
    # The quantizer advises shape inference, which knows none of the fused operators.
    logging.getLogger().setLevel(logging.ERROR)
    for name, per_channel in [("int8_tensor", False), ("int8_channel", True)]:
        quantize_dynamic(
            whole,
            out_dir / f"{name}.onnx",
            weight_type=QuantType.QInt8,
            per_channel=per_channel,
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
