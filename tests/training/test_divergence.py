import keras
import numpy as np
import pytest

from coursekit.errors import CourseError
from coursekit.training.divergence import check_finite, check_weights_finite


def test_finite_losses_pass():
    check_finite(1, generator=0.5, discriminator=keras.ops.convert_to_tensor(-3e30))


@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_no_number_is_named_with_its_step(loss):
    with pytest.raises(CourseError, match=f"at step 12 the loss of the generator is {loss:g}"):
        check_finite(12, discriminator=0.5, generator=keras.ops.convert_to_tensor(loss))


def test_a_weight_that_is_no_number_is_found():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    check_weights_finite(4, painter=model)
    kernel, bias = model.get_weights()
    model.set_weights([kernel, bias + np.array([0, np.inf])])
    with pytest.raises(CourseError, match="at step 4 the painter has weights that are no numbers"):
        check_weights_finite(4, painter=model)
