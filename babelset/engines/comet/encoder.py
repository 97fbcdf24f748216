"""XLM-RoBERTa as CometKiwi reads it: of each layer only the first token of a row counts, and padding costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from babelset.engines.comet.linear import Form, Linear, linear

XL = "xlm-roberta-xl"
NORMS_BEHIND = "attention.output.LayerNorm", "output.LayerNorm"
NORMS_BEFORE = "attention.self_attn_layer_norm", "LayerNorm"
FIRST_POSITION = 2  # the padding's id comes before, from which XLM-RoBERTa counts

Norm = Callable[[Any], Any]
Take = Callable[..., Any]  # a weight by its name, of the shape that is told


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the tokens of rows lie: one after the other, and for attention in a grid of rows x the longest."""

    rows: int
    longest: int
    first: Any  # of each row, among all tokens
    cells: Any  # of the grid that the tokens fill; None: all of them
    mask: Any

    @classmethod
    def of(cls, lengths: Sequence[int], device: str) -> Layout:
        import torch

        rows, longest, sizes = len(lengths), max(lengths), torch.tensor(lengths, device=device)
        first = sizes.cumsum(0) - sizes
        if min(lengths) == longest:
            return cls(rows, longest, first, None, None)
        filled = torch.arange(longest, device=device) < sizes[:, None]
        return cls(rows, longest, first, filled.view(-1).nonzero().view(-1), filled[:, None, None])


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer. XLM-RoBERTa-XL normalises `before` each of the two blocks, the others behind their sum."""

    heads: int
    before: bool
    triple: Linear  # query, key and value
    joined: Linear
    wide: Linear
    narrow: Linear
    norms: tuple[Norm, Norm]

    def __call__(self, tokens: Any, layout: Layout, last: bool = False) -> Any:
        """The tokens' states, or of the `last` layer the first tokens' alone."""
        attended = self._attention(self.norms[0](tokens) if self.before else tokens, layout, last)
        if last:
            tokens = tokens[layout.first]
        if self.before:
            tokens = tokens + self.joined(attended)
            return tokens + self.narrow(self.wide(self.norms[1](tokens)))
        tokens = self.norms[0](tokens + self.joined(attended))
        return self.norms[1](tokens + self.narrow(self.wide(tokens)))

    def _attention(self, tokens: Any, layout: Layout, last: bool) -> Any:
        from torch.nn.functional import scaled_dot_product_attention

        grid = self.triple(tokens)
        if grid.device.type == "cpu":
            grid = grid.float()  # faster there than in bf16
        if layout.cells is not None:
            empty = grid.new_zeros(layout.rows * layout.longest, grid.shape[1])
            grid = empty.index_copy_(0, layout.cells, grid)
        query, key, value = grid.view(layout.rows, layout.longest, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if last:
            query = query[:, :, :1]
        found = scaled_dot_product_attention(query, key, value, attn_mask=layout.mask).transpose(1, 2)
        flat = found.reshape(-1, tokens.shape[1])
        return flat if last or layout.cells is None else flat[layout.cells]


@dataclass(frozen=True, slots=True)
class Encoder:
    """The first layers of an encoder; any number of threads may share one."""

    device: str
    embeddings: tuple[Any, Any, Any]  # of words, positions and the only type
    norm: Norm | None
    layers: Sequence[Layer]
    end: Norm | None  # XLM-RoBERTa-XL's, behind its last layer

    @classmethod
    def build(cls, config: Any, take: Take, depth: int, form: Form, device: str) -> Encoder:
        """`depth` layers of the encoder that `config` describes, with the weights that `take` gives."""
        parts, xl = _Parts(config, take, form, device), config.model_type == XL
        return cls(
            device,
            parts.embeddings(),
            None if xl else parts.norm("embeddings.LayerNorm"),
            [parts.layer(number, last=number == depth - 1) for number in range(depth)],
            parts.norm("encoder.LayerNorm") if xl and depth == config.num_hidden_layers else None,
        )

    def __call__(self, rows: Sequence[Sequence[int]]) -> Any:
        """The state of each row's first token in the embeddings and behind each layer: layers + 1 x rows x width."""
        import torch

        layout = Layout.of([len(row) for row in rows], self.device)
        ids = torch.tensor([token for row in rows for token in row], device=self.device)
        places = torch.cat([torch.arange(len(row)) for row in rows]).to(self.device) + FIRST_POSITION
        words, positions, types = self.embeddings
        tokens = words[ids] + types[0] + positions[places]
        tokens = self.norm(tokens) if self.norm else tokens
        states = [tokens[layout.first]]
        for layer in self.layers[:-1]:
            tokens = layer(tokens, layout)
            states.append(tokens[layout.first])
        for layer in self.layers[-1:]:
            tokens = layer(tokens, layout, last=True)
            states.append(self.end(tokens) if self.end else tokens)
        return torch.stack(states)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What an encoder is put together from, by the names that transformers gives the weights."""

    config: Any
    take: Take
    form: Form
    device: str

    def embeddings(self) -> tuple[Any, Any, Any]:
        config, width = self.config, self.config.hidden_size
        words = self.take("embeddings.word_embeddings.weight", config.vocab_size, width)
        positions = self.take("embeddings.position_embeddings.weight", config.max_position_embeddings, width)
        types = self.take("embeddings.token_type_embeddings.weight", config.type_vocab_size, width)
        return words.to(self.device), positions.to(self.device), types.to(self.device)

    def layer(self, number: int, last: bool) -> Layer:
        block, width, inner = f"encoder.layer.{number}.", self.config.hidden_size, self.config.intermediate_size
        rest: Form = "fp32" if last else self.form  # the last one's first tokens: near the score, and few
        triple = [self._matrix(f"{block}attention.self.{name}", width, width) for name in ("query", "key", "value")]
        before = self.config.model_type == XL
        norms = NORMS_BEFORE if before else NORMS_BEHIND
        return Layer(
            self.config.num_attention_heads,
            before,
            self._linear(triple, self.form),
            self._linear([self._matrix(f"{block}attention.output.dense", width, width)], rest),
            self._linear([self._matrix(f"{block}intermediate.dense", inner, width)], rest, gelu=True),
            self._linear([self._matrix(f"{block}output.dense", width, inner)], rest),
            (self.norm(block + norms[0]), self.norm(block + norms[1])),
        )

    def norm(self, name: str) -> Norm:
        from torch.nn.functional import layer_norm

        shape, epsilon = [self.config.hidden_size], self.config.layer_norm_eps
        weight, bias = (self.take(f"{name}.{kind}", *shape).to(self.device) for kind in ("weight", "bias"))
        return lambda tokens: layer_norm(tokens, shape, weight, bias, epsilon)

    def _matrix(self, name: str, out: int, into: int) -> tuple[Any, Any]:
        return self.take(f"{name}.weight", out, into), self.take(f"{name}.bias", out)

    def _linear(self, matrices: Sequence[tuple[Any, Any]], form: Form, gelu: bool = False) -> Linear:
        import torch

        weight, bias = (torch.cat(parts) for parts in zip(*matrices, strict=True))
        return linear(weight, bias, form, self.device, gelu)
