"""Functions of jax for the tests; each returns (function, example_args), for --grad.

The first four are those under tests/data/steps. They are small on purpose: what matters is which
primitives a flax or optax program traces to.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax


class Block(nn.Module):
    heads: int
    rate: float

    @nn.compact
    def __call__(self, x, train):
        mask = nn.make_causal_mask(jnp.ones(x.shape[:2]))
        y = nn.MultiHeadDotProductAttention(num_heads=self.heads, dropout_rate=self.rate,
                                            deterministic=not train)(nn.LayerNorm()(x), mask=mask)
        x = x + y
        y = nn.Dense(4 * x.shape[-1])(nn.LayerNorm()(x))
        return x + nn.Dropout(self.rate, deterministic=not train)(
            nn.Dense(x.shape[-1])(nn.gelu(y)))


class Transformer(nn.Module):
    vocabulary: int
    width: int
    heads: int
    layers: int
    rate: float = 0.1
    dtype: object = jnp.float32

    @nn.compact
    def __call__(self, tokens, train=True):
        x = nn.Embed(self.vocabulary, self.width, param_dtype=self.dtype)(tokens)
        for i in range(self.layers):
            x = Block(self.heads, self.rate, name=f"layers_{i}")(x, train)
        return nn.Dense(self.vocabulary, use_bias=False, name="head")(nn.LayerNorm()(x))


def _language_model(model, batch: int, length: int):
    tokens = jax.random.randint(jax.random.key(3), (batch, length), 0, model.vocabulary)
    variables = model.init({"params": jax.random.key(0), "dropout": jax.random.key(1)}, tokens)

    def loss(params, tokens, key):
        logits = model.apply({"params": params}, tokens, rngs={"dropout": key})
        return optax.softmax_cross_entropy_with_integer_labels(logits[:, :-1],
                                                               tokens[:, 1:]).mean()

    return loss, (variables["params"], tokens, jax.random.key(2))


def jax_transformer():
    """Two causal blocks with dropout."""
    return _language_model(Transformer(64, 32, 4, 2), 2, 16)


def jax_adamw():
    """The same and its update by AdamW: a whole step. Without --grad, with --donate 0,1."""
    loss, (params, tokens, key) = jax_transformer()
    optimizer = optax.adamw(1e-3)

    def step(params, opt_state, tokens, key):
        value, gradients = jax.value_and_grad(loss)(params, tokens, key)
        updates, opt_state = optimizer.update(gradients, opt_state, params)
        return optax.apply_updates(params, updates), opt_state, value

    return step, (params, optimizer.init(params), tokens, key)


class Convolutional(nn.Module):
    @nn.compact
    def __call__(self, x, train=True):
        x = nn.relu(nn.BatchNorm(use_running_average=not train)(nn.Conv(8, (3, 3))(x)))
        x = nn.max_pool(x, (2, 2), strides=(2, 2))
        x = nn.relu(nn.Conv(16, (3, 3), strides=(2, 2), feature_group_count=2)(x))
        x = nn.avg_pool(x, (2, 2), strides=(1, 1))
        return nn.Dense(10)(x.reshape(x.shape[0], -1))


def jax_cnn():
    """Grouped and strided convolutions, BatchNorm, max and average pooling."""
    model = Convolutional()
    images = jax.random.normal(jax.random.key(1), (4, 16, 16, 3))
    labels = jnp.arange(4)
    variables = model.init(jax.random.key(0), images)

    def loss(params, batch_stats, images, labels):
        logits, _ = model.apply({"params": params, "batch_stats": batch_stats}, images,
                                mutable=["batch_stats"])
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    return loss, (variables["params"], variables["batch_stats"], images, labels)


class Perceptron(nn.Module):
    @nn.compact
    def __call__(self, x, train=True):
        for width in (64, 32):
            x = nn.Dropout(0.25, deterministic=not train)(nn.relu(nn.Dense(width)(x)))
        return nn.Dense(8)(x)


def jax_mlp():
    """Dense layers with dropout."""
    model = Perceptron()
    x, y = (jax.random.normal(jax.random.key(3), (16, n)) for n in (24, 8))
    params = model.init({"params": jax.random.key(0), "dropout": jax.random.key(1)}, x)["params"]

    def loss(params, x, y, key):
        return jnp.mean((model.apply({"params": params}, x, rngs={"dropout": key}) - y) ** 2)

    return loss, (params, x, y, jax.random.key(2))


def _recurrent(steps: int, batch: int, width: int):
    shapes = {"wx": (8, 4 * width), "wh": (width, 4 * width), "b": (4 * width,), "out": (width, 8)}
    params = {name: 0.2 * jax.random.normal(jax.random.key(i), shape)
              for i, (name, shape) in enumerate(shapes.items())}
    xs = jax.random.normal(jax.random.key(4), (steps, batch, 8))
    y = jax.random.normal(jax.random.key(5), (batch, 8))

    def loss(params, xs, y):
        def cell(carry, x):
            h, c = carry
            i, f, g, o = jnp.split(x @ params["wx"] + h @ params["wh"] + params["b"], 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), None

        start = (jnp.zeros((batch, width)), jnp.zeros((batch, width)))
        (h, _), _ = jax.lax.scan(cell, start, xs)
        return jnp.mean((h @ params["out"] - y) ** 2)

    return loss, (params, xs, y)


def jax_rnn():
    """An LSTM cell in a scan of 64 steps."""
    return _recurrent(64, 4, 16)


# -------------------------------------------------------------------------------------------------
# One feature each


def checkpointed():
    """User recomputation: jax.checkpoint around each of two layers."""
    def loss(params, x):
        for w in params:
            x = jax.checkpoint(lambda x, w: jnp.sin(jnp.tanh(x @ w)))(x, w)
        return jnp.sum(x * x)

    return loss, ([jnp.zeros((8, 8)), jnp.zeros((8, 8))], jnp.zeros((4, 8)))


@jax.custom_vjp
def clipped(x):
    return jnp.sin(x)


clipped.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (jnp.clip(g * jnp.cos(x), -1, 1),))


def custom_gradient():
    return lambda w, x: jnp.sum(clipped(x @ w)), (jnp.zeros((4, 4)), jnp.zeros((2, 4)))


def while_loop():
    def halve(w):
        return jax.lax.while_loop(lambda x: jnp.sum(x) > 1, lambda x: x * 0.5, w)

    return halve, (jnp.ones((8,)),)


def branches():
    def loss(w, flag):
        return jnp.sum(jax.lax.cond(flag, jnp.sin, lambda x: x * 2, w))

    return loss, (jnp.ones((8,)), True)


def callbacks():
    """Side effects: printed once, in order."""
    def loss(w):
        jax.debug.print("w {}", w[0], ordered=True)
        y = jnp.sum(w * w)
        jax.debug.print("y {}", y, ordered=True)
        return y

    return loss, (jnp.ones((8,)),)


def opaque():
    """Primitives that no executor here knows."""
    def loss(w):
        y = jax.pure_callback(lambda x: x, jax.ShapeDtypeStruct((8,), jnp.float32), w)
        return jnp.sum(jax.random.gamma(jax.random.key(0), y))

    return loss, (jnp.ones((8,)),)


def symbolic():
    """A batch of unknown size."""
    from jax import export

    (batch,) = export.symbolic_shape("batch")
    x = jax.ShapeDtypeStruct((batch, 8), jnp.float32)
    return lambda w, x: jnp.sum(jnp.tanh(x @ w)), (jax.ShapeDtypeStruct((8, 4), jnp.float32), x)


def constants():
    """Arrays that the function closes over: a small and a large one."""
    import numpy as np

    small = np.arange(8, dtype=np.float32)
    large = np.zeros((256, 256), np.float32)
    return lambda w: jnp.sum(w * small) + jnp.sum(w[:1] * large), (jnp.ones((8,)),)


def jax_7b():
    """7 billion parameters, 2,048 tokens."""
    return _language_model(Transformer(32000, 4096, 32, 34, 0.0), 1, 2048)
