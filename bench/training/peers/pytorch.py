"""Trains as the trainer does, with PyTorch and transformers, and prints each step's seconds and loss as JSON.

    python pytorch.py BATCHES.json MODEL_FOLDER --method full --form eager --device cpu --precision f32

Batches come tokenized; each column is padded to its longest text (or to the limit, in the padded forms), as
sentence-transformers pads without flash attention. The loss is multiple negatives ranking in both directions.
"""

import argparse
import json
import time

import torch
from transformers import BertModel

parser = argparse.ArgumentParser()
parser.add_argument("batches")
parser.add_argument("model")
parser.add_argument("--method", choices=["full", "lora"], default="full")
parser.add_argument("--form", choices=["eager", "padded", "compiled", "compiled-padded"], default="eager")
parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
arguments = parser.parse_args()
if arguments.precision == "bf16":
    torch.backends.cuda.matmul.allow_tf32 = True
device = torch.device(arguments.device)

with open(arguments.batches) as file:
    said = json.load(file)
model = BertModel.from_pretrained(arguments.model, add_pooling_layer=False, attn_implementation="sdpa")
# The trainer draws no masks here, and neither does its peer.
for module in model.modules():
    if isinstance(module, torch.nn.Dropout):
        module.p = 0.0
model.config.attention_probs_dropout_prob = 0.0
for layer in model.encoder.layer:
    layer.attention.self.dropout_prob = 0.0
if arguments.method == "lora":
    from peft import LoraConfig, get_peft_model

    targets = ["query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"]
    model = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=targets))
model = model.to(device).train()
encoder = torch.compile(model, dynamic=True) if arguments.form.startswith("compiled") else model
weights = [weight for weight in model.parameters() if weight.requires_grad]
optimizer = torch.optim.AdamW(weights, lr=said["learning_rate"], weight_decay=0.01, fused=True)


def padded(texts):
    longest = said["longest"] if arguments.form.endswith("padded") else max(map(len, texts))
    ids, mask = torch.zeros(len(texts), longest, dtype=torch.long), torch.zeros(len(texts), longest, dtype=torch.long)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = torch.tensor(text)
        mask[row, : len(text)] = 1
    return ids.to(device), mask.to(device)


def embed(ids, mask):
    hidden = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    weight = mask[..., None]
    mean = (hidden * weight).sum(1) / weight.sum(1)
    return torch.nn.functional.normalize(mean.float(), dim=-1)


def wait():
    if device.type == "cuda":
        torch.cuda.synchronize()


seconds, losses = [], []
for batch in said["batches"]:
    wait()
    start = time.perf_counter()
    queries, documents = padded(batch["queries"]), padded(batch["documents"])
    half = arguments.precision == "bf16"
    with torch.autocast(device.type, torch.bfloat16, enabled=half):
        x, y = embed(*queries), embed(*documents)
    logits = said["scale"] * x @ y.T
    wanted = torch.arange(len(logits), device=device)
    loss = (
        torch.nn.functional.cross_entropy(logits, wanted) + torch.nn.functional.cross_entropy(logits.T, wanted)
    ) / 2
    loss.backward()
    torch.nn.utils.clip_grad_norm_(weights, 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    losses.append(loss.item())
    wait()
    seconds.append(time.perf_counter() - start)

memory = torch.cuda.max_memory_allocated() if device.type == "cuda" else None
print(json.dumps({"seconds": seconds, "losses": losses, "memory": memory, "torch": torch.__version__}))
