"""Trains the demo model on what make-corpus.ts wrote, and saves it as a Hugging Face folder.

    python tools/train-demo-model/train.py CORPUS OUT --minutes 70 [--processes 2] [--bfloat16]

OUT/model.safetensors, config.json, tokenizer.json, tokenizer_config.json: the model with the running mean of its weights.
OUT/state.pt: everything, from which a later run goes on with --resume.

The learning rate falls to nothing over the last part of the given time, so a run is complete whenever it ends by itself.
"""

import argparse
import json
import math
import os
import shutil
import time

import numpy as np
import torch
import torch.nn.functional as F

SHAPE = {
    "hidden_size": 192,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 3,
    "intermediate_size": 384,
    "max_position_embeddings": 1024,
    "rope_theta": 10000.0,
    "rms_norm_eps": 1e-5,
}
HEAD = 32


class Block(torch.nn.Module):
    def __init__(self, width: int, heads: int, kv_heads: int, inner: int, eps: float):
        super().__init__()
        self.heads, self.kv_heads = heads, kv_heads
        self.input_layernorm = torch.nn.RMSNorm(width, eps)
        self.q_proj = torch.nn.Linear(width, heads * HEAD, bias=False)
        self.k_proj = torch.nn.Linear(width, kv_heads * HEAD, bias=False)
        self.v_proj = torch.nn.Linear(width, kv_heads * HEAD, bias=False)
        self.o_proj = torch.nn.Linear(heads * HEAD, width, bias=False)
        self.post_attention_layernorm = torch.nn.RMSNorm(width, eps)
        self.gate_proj = torch.nn.Linear(width, inner, bias=False)
        self.up_proj = torch.nn.Linear(width, inner, bias=False)
        self.down_proj = torch.nn.Linear(inner, width, bias=False)

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        rows, length, _ = x.shape  # x: [rows, length, width]
        h = self.input_layernorm(x)
        q = rotated(self.q_proj(h).view(rows, length, self.heads, HEAD).transpose(1, 2), cos, sin)
        k = rotated(self.k_proj(h).view(rows, length, self.kv_heads, HEAD).transpose(1, 2), cos, sin)
        v = self.v_proj(h).view(rows, length, self.kv_heads, HEAD).transpose(1, 2)
        group = self.heads // self.kv_heads
        k, v = k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.o_proj(mixed.transpose(1, 2).reshape(rows, length, -1))
        h = self.post_attention_layernorm(x)
        return x + self.down_proj(F.silu(self.gate_proj(h)) * self.up_proj(h))


def rotated(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary positions, halves of a head together as in transformers. x: [rows, heads, length, HEAD]"""
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)


class Model(torch.nn.Module):
    def __init__(self, vocabulary: int):
        super().__init__()
        width, inner = SHAPE["hidden_size"], SHAPE["intermediate_size"]
        heads, kv_heads = SHAPE["num_attention_heads"], SHAPE["num_key_value_heads"]
        self.embed_tokens = torch.nn.Embedding(vocabulary, width)
        self.layers = torch.nn.ModuleList(
            Block(width, heads, kv_heads, inner, SHAPE["rms_norm_eps"]) for _ in range(SHAPE["num_hidden_layers"])
        )
        self.norm = torch.nn.RMSNorm(width, SHAPE["rms_norm_eps"])
        angles = torch.outer(
            torch.arange(SHAPE["max_position_embeddings"]).float(),
            SHAPE["rope_theta"] ** (-torch.arange(0, HEAD, 2).float() / HEAD),
        )
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)
        torch.nn.init.normal_(self.embed_tokens.weight, std=0.05)
        for layer in self.layers:
            for linear in (layer.o_proj, layer.down_proj):
                torch.nn.init.zeros_(linear.weight)

    def forward(self, ids: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        """Logits of the wanted places. ids: [rows, length], wanted: [n], flat."""
        length = ids.shape[1]
        x = self.embed_tokens(ids)
        for layer in self.layers:
            x = layer(x, self.cos[:length], self.sin[:length])
        return F.linear(self.norm(x.flatten(0, 1)[wanted]), self.embed_tokens.weight)


class Corpus:
    def __init__(self, folder: str, prefix: str, longest: int):
        self.tokens = np.fromfile(os.path.join(folder, f"{prefix}tokens.u16"), np.uint16).astype(np.int64)
        self.weights = np.fromfile(os.path.join(folder, f"{prefix}weights.u8"), np.uint8)
        self.ends = np.fromfile(os.path.join(folder, f"{prefix}ends.u32"), np.uint32).astype(np.int64)
        self.starts = np.concatenate(([0], self.ends[:-1]))
        self.longest = longest

    def batches(self, tokens: int, generator: np.random.Generator):
        """Every document once: [rows, length] of about as long documents, and where the model is to say what."""
        order = generator.permutation(len(self.ends))
        lengths = np.minimum(self.ends - self.starts, self.longest)
        for first in range(0, len(order), 2048):
            pool = order[first : first + 2048]
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            groups, group = [], []
            for document in pool:
                if group and (len(group) + 1) * lengths[document] > tokens:
                    groups.append(group)
                    group = []
                group.append(document)
            groups.append(group)
            for i in generator.permutation(len(groups)):
                yield self.batch(groups[i], lengths)

    def batch(self, documents, lengths):
        length = int(lengths[documents].max()) - 1
        ids = np.zeros((len(documents), length), np.int64)
        targets = np.zeros((len(documents), length), np.int64)
        weights = np.zeros((len(documents), length), np.uint8)
        for row, document in enumerate(documents):
            start, n = self.starts[document], lengths[document] - 1
            ids[row, :n] = self.tokens[start : start + n]
            targets[row, :n] = self.tokens[start + 1 : start + 1 + n]
            weights[row, :n] = self.weights[start + 1 : start + 1 + n]
        wanted = np.flatnonzero(weights)
        return torch.from_numpy(ids), torch.from_numpy(wanted), torch.from_numpy(targets.reshape(-1)[wanted])


def orthogonal(m: torch.Tensor) -> torch.Tensor:
    """About the nearest matrix with equal singular values, by Newton and Schulz's iteration. Source: Jordan et al., Muon, 2024."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = (m.T if m.shape[0] > m.shape[1] else m).bfloat16()
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return (x.T if m.shape[0] > m.shape[1] else x).float()


class Optimizer:
    """Muon for the layers' matrices, Adam for embeddings and norms. All its tensors lie in shared memory."""

    def __init__(self, model: Model, matrix_rate: float, other_rate: float):
        self.parameters = dict(model.named_parameters())
        self.matrix_rate, self.other_rate = matrix_rate, other_rate
        zeros = lambda: {name: torch.zeros_like(p).share_memory_() for name, p in self.parameters.items()}
        self.momentum, self.square = zeros(), zeros()
        self.mean = {name: p.detach().clone().share_memory_() for name, p in self.parameters.items()}

    def directions(self, gradients: dict, momentum: float) -> dict:
        """What to go along for the gradients' sake, ahead of the momentum's own update: the costly part, done without the lock."""
        return {
            name: orthogonal(g.lerp(self.momentum[name].lerp(g, 1 - momentum), momentum))
            for name, g in gradients.items()
            if is_matrix(name)
        }

    def step(self, gradients: dict, directions: dict, step: int, share: float, momentum: float) -> None:
        for name, p in self.parameters.items():
            g, m = gradients[name], self.momentum[name]
            if is_matrix(name):
                m.lerp_(g, 1 - momentum)
                rate = self.matrix_rate * share
                p.mul_(1 - rate * 0.05).add_(directions[name], alpha=-rate * max(1.0, p.shape[0] / p.shape[1]) ** 0.5)
            else:
                m.lerp_(g, 0.1)
                self.square[name].lerp_(g * g, 0.02)
                scale = (self.square[name] / (1 - 0.98**step)).sqrt_().add_(1e-8)
                p.addcdiv_(m, scale, value=-self.other_rate * share / (1 - 0.9**step))
            self.mean[name].lerp_(p, max(0.005, 19 / (step + 19)))


def is_matrix(name: str) -> bool:
    return name.startswith("layers.") and "layernorm" not in name


@torch.no_grad()
def perplexity(model: Model, corpus: Corpus, documents: int) -> float:
    model.eval()
    total, count = 0.0, 0
    lengths = np.minimum(corpus.ends - corpus.starts, corpus.longest)
    order = np.argsort(lengths[:documents], kind="stable")
    for first in range(0, len(order), 16):
        ids, wanted, targets = corpus.batch(order[first : first + 16], lengths)
        total += F.cross_entropy(model(ids, wanted).float(), targets, reduction="sum").item()
        count += len(targets)
    model.train()
    return math.exp(total / count)


def save(folder: str, corpus: str, weights: dict, vocabulary: int) -> None:
    """A folder as transformers writes them, F32."""
    os.makedirs(folder, exist_ok=True)
    names = {"embed_tokens.weight": "model.embed_tokens.weight", "norm.weight": "model.norm.weight"}
    tensors = {}
    for name, value in weights.items():
        if name.startswith("layers."):
            _, layer, rest = name.split(".", 2)
            part = rest.split("_")[0]
            inside = {"q": "self_attn.", "k": "self_attn.", "v": "self_attn.", "o": "self_attn."}.get(part, "")
            inside = "mlp." if part in ("gate", "up", "down") else inside
            name = f"model.layers.{layer}.{inside}{rest}"
        else:
            name = names[name]
        tensors[name] = value.detach().float().contiguous().numpy()
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, value in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [at, at + value.nbytes]}
        at += value.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(folder, "model.safetensors.part"), "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for value in tensors.values():
            file.write(value.tobytes())
    os.replace(os.path.join(folder, "model.safetensors.part"), os.path.join(folder, "model.safetensors"))
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": vocabulary,
        "head_dim": HEAD,
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "torch_dtype": "float32",
        **SHAPE,
    }
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config, file, indent=2)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(os.path.join(corpus, name), os.path.join(folder, name))


class Run:
    """What the processes that train together share: each takes batches of its own and steps when it is ready."""

    def __init__(self, given: argparse.Namespace):
        longest = SHAPE["max_position_embeddings"]
        self.given = given
        self.corpus, self.held_out = Corpus(given.corpus, "", longest), Corpus(given.corpus, "held-out.", longest)
        with open(os.path.join(given.corpus, "tokenizer.json")) as file:
            self.vocabulary = len(json.load(file)["model"]["vocab"])
        self.model = Model(self.vocabulary).share_memory()
        self.optimizer = Optimizer(self.model, given.matrix_rate, given.other_rate)
        self.counts = torch.zeros(2, dtype=torch.int64).share_memory_()  # steps, tokens
        self.used = 0.0
        self.lock = torch.multiprocessing.get_context("fork").Lock()
        self.path = os.path.join(given.out, "state.pt")
        if given.resume:
            state = torch.load(self.path)
            with torch.no_grad():
                for mine, kept in zip(self.tensors(), state["tensors"]):
                    mine.copy_(kept)
            self.used = state["used"]

    def tensors(self) -> list:
        o = self.optimizer
        return [self.counts, *self.model.parameters(), *o.momentum.values(), *o.square.values(), *o.mean.values()]

    @torch.no_grad()
    def keep(self, used: float) -> None:
        """Saves the model with the mean of its weights, and the state."""
        with self.lock:
            tensors = [tensor.detach().clone() for tensor in self.tensors()]
            mean = {name: value.clone() for name, value in self.optimizer.mean.items()}
        trial = Model(self.vocabulary)
        trial.load_state_dict(mean, strict=False)
        measured = perplexity(trial, self.held_out, self.given.held_out)
        save(self.given.out, self.given.corpus, mean, self.vocabulary)
        torch.save({"tensors": tensors, "used": used}, self.path)
        print(f"step {self.counts[0]}: held-out perplexity {measured:.3f}", flush=True)

    def work(self, rank: int) -> None:
        given, o = self.given, self.optimizer
        torch.set_num_threads(given.threads)
        local = Model(self.vocabulary)
        begun, budget = time.monotonic() - self.used, given.minutes * 60
        kept, mean_loss, told = time.monotonic(), 0.0, 0
        generator = np.random.default_rng(given.seed + 1000 * rank + int(self.counts[0]))
        while True:
            for ids, wanted, targets in self.corpus.batches(given.tokens, generator):
                used = time.monotonic() - begun
                if used >= budget:
                    if rank == 0:
                        self.keep(used)
                    return
                with self.lock, torch.no_grad():
                    for mine, p in zip(local.parameters(), self.model.parameters()):
                        mine.copy_(p)
                        mine.grad = None
                with torch.autocast("cpu", torch.bfloat16, enabled=given.bfloat16):
                    logits = local(ids, wanted)
                loss = F.cross_entropy(logits.float(), targets)
                loss.backward()
                with torch.no_grad():
                    step = int(self.counts[0]) + 1
                    share = min(1.0, step / 40) * min(1.0, (1 - used / budget) / (1 - given.steady) + 0.01)
                    momentum = min(0.95, 0.85 + step / 3000)
                    gradients = {name: p.grad for name, p in local.named_parameters()}
                    directions = o.directions(gradients, momentum)
                    with self.lock:
                        self.counts += torch.tensor([1, ids.numel()])
                        o.step(gradients, directions, int(self.counts[0]), share, momentum)
                mean_loss = loss.item() if mean_loss == 0 else mean_loss * 0.95 + loss.item() * 0.05
                if rank == 0 and step >= told + 20:
                    told = step
                    line = f"step {step} loss {mean_loss:.3f} rate {share:.2f} tokens {int(self.counts[1])}"
                    print(f"{line} minutes {used / 60:.1f} cpu seconds {time.process_time():.0f}", flush=True)
                if rank == 0 and time.monotonic() - kept > given.keep * 60:
                    self.keep(used)
                    kept = time.monotonic()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus")
    parser.add_argument("out")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, help="of a process")
    parser.add_argument("--tokens", type=int, default=2048, help="of a batch")
    parser.add_argument("--matrix-rate", type=float, default=0.02)
    parser.add_argument("--other-rate", type=float, default=0.004)
    parser.add_argument("--steady", type=float, default=0.5, help="share of the time before the rate falls")
    parser.add_argument("--keep", type=float, default=5, help="minutes between saves")
    parser.add_argument("--held-out", type=int, default=50, help="documents that a save measures")
    parser.add_argument("--bfloat16", action="store_true")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    torch.set_num_threads(given.threads)
    run = Run(given)
    print(f"{sum(p.numel() for p in run.model.parameters())} parameters, {len(run.corpus.tokens)} tokens", flush=True)
    context = torch.multiprocessing.get_context("fork")
    others = [context.Process(target=run.work, args=(rank,)) for rank in range(1, given.processes)]
    for other in others:
        other.start()
    run.work(0)
    for other in others:
        other.join()


if __name__ == "__main__":
    main()
