import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "datasets" / "labels.md"


def test_the_examples_of_the_page_give_what_it_says():
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
    examples = doctest.DocTestParser().get_doctest(code, {}, PAGE.name, str(PAGE), 0)
    assert len(examples.examples) > 20
    report: list[str] = []
    failed, _ = doctest.DocTestRunner(verbose=False).run(examples, out=report.append)
    assert not failed, "".join(report)


@pytest.mark.parametrize(
    "module", ["splits", *(f"labels.{m}" for m in ("mask_noise", "label_noise", "crowds", "bags", "clients"))]
)
def test_the_page_names_each_function_and_the_package_offers_it(module):
    import coursekit.data

    source = importlib.import_module(f"coursekit.data.{module}")
    functions = [
        name
        for name, value in vars(source).items()
        if inspect.isfunction(value) and value.__module__ == source.__name__ and not name.startswith("_")
    ]
    assert functions
    page = PAGE.read_text(encoding="utf-8")
    for name in functions:
        if name == "observe":  # the draw that labels and votes share; corrupt_labels is its public face
            continue
        assert f"`{name}`" in page, name
        assert name in coursekit.data.__all__, name
