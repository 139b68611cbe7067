"""What people call a playbook's blanks: the key, the labels, their parts, and the trade's other words for the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

from knowledge.playbook import Slot

# Other words for the same blank; they count only where no blank of the playbook is called so itself.
ALSO: Mapping[str, tuple[str, ...]] = {
    "marketplace": ("站点", "国家站", "目标站点", "市场", "目标市场", "marketplace", "site", "market"),
    "platform": ("平台", "platform"),
    "listing_language": ("语言", "输出语言", "文案语言", "language"),
    "category_path": ("类目", "类目路径", "category", "category path"),
    "brand_name": ("品牌", "品牌名", "品牌名称", "牌子", "brand", "brand name"),
    "product_type": ("产品类型", "品类", "品类词", "产品", "商品", "产品类型词", "product type", "product"),
    "product_name": ("产品名", "产品名称", "产品", "商品名", "商品", "品名", "商品名称", "product name", "product"),
    "product_name_on_cert": ("品名", "产品名", "证书品名", "产品", "product name", "product"),
    "verified_facts": ("产品事实", "事实", "参数", "产品参数", "规格参数", "facts", "product facts", "verified facts"),
    "product_facts": ("产品事实", "事实", "我方事实", "facts", "product facts"),
    "unproven_claims": ("不能说的话", "不能写的说法", "没证据的说法", "unproven claims"),
    "target_buyer": ("目标买家", "目标人群", "人群", "买家", "客群", "受众", "target buyer", "audience", "buyer"),
    "audience_core": ("核心人群", "目标人群", "人群", "客群", "受众", "audience", "core audience"),
    "top_worry": ("顾虑", "最大顾虑", "最担心的", "worry", "top worry", "main worry"),
    "core_keywords": ("关键词", "核心词", "核心关键词", "keywords", "core keywords"),
    "banned_terms": ("禁用词", "违禁词", "禁词", "banned words", "banned terms"),
    "differentiator": ("差异点", "主差异点", "differentiator", "difference"),
    "variant_info": ("变体", "规格", "variant", "variants"),
    "package_contents": ("包装清单", "包装内含", "包装", "in the box", "package contents"),
    "price": ("售价", "价格", "定价", "单价", "price"),
    "daily_budget": ("日预算", "每日预算", "预算", "daily budget", "budget"),
    "break_even_acos": ("保本acos", "盈亏平衡acos", "break-even acos", "breakeven acos"),
    "stock_days": ("库存", "库存天数", "stock", "days of stock"),
    "roi_target": ("目标roi", "roi", "roi target", "target roi"),
    "rule_checked_on": ("核对日期", "规则核对日期", "checked on", "rules checked on"),
    "compatible_with": ("兼容", "适配", "适用型号", "compatible with", "fits"),
    "certs": ("认证", "证书", "certifications", "certificates"),
    "model_no": ("型号", "model", "model number"),
}  # fmt: skip
_PARENTHESES = re.compile(r"[（(\[【][^）)\]】]*[）)\]】]")
_DECORATION = re.compile(r"^[\s*•·\-–—#>\d.、)）]*|[\s*＊:：=＝]*(?:必填|选填|required|optional)?[\s*＊:：=＝]*$", re.I)
_PREFIX = re.compile(
    r"^(?:商品|产品|本条|本次|本批|本套|目标|类目|平台|我方|自有|唯一|可证明的|已证实的|能证明的|现有|后台)(?=..)"
)
_SUFFIX = re.compile(r"(?<=..)(?:文本|原文|全文|内容|列表|清单|说明|信息|情况|数据|名称|条数|数量)$")
_PARTED = re.compile(r"与|和|或|、|\band\b|\bor\b|,|/")


def fold(text: str) -> str:
    """A name as it is compared: width, case, spaces and underscores do not count."""
    return re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def names_of(slots: Sequence[Slot]) -> Mapping[str, str]:
    """Folded names to the keys of their blanks; a name that two blanks would answer to belongs to neither."""
    return _names(tuple((slot.key, slot.label.zh, slot.label.en) for slot in slots))


@lru_cache(maxsize=128)
def _names(slots: tuple[tuple[str, str, str], ...]) -> Mapping[str, str]:
    own: dict[str, set[str]] = {}
    loose: dict[str, set[str]] = {}
    for key, zh, en in slots:
        bare = _PARENTHESES.sub("", zh), _PARENTHESES.sub("", en)
        for name in (key, zh, en, *bare):
            _add(own, name, key)
        parts = [_PARTED.split(one)[0] for one in bare]
        parts += [_PREFIX.sub("", part) for part in parts]
        parts += [_SUFFIX.sub("", part) for part in parts]
        ends = [bare[0][:-1]] if bare[0].endswith(("名", "词", "表")) else []
        for name in (*ALSO.get(key, ()), *(part for part in parts if len(fold(part)) > 1), *ends):
            _add(loose, name, key)
    names = {name: next(iter(keys)) for name, keys in loose.items() if len(keys) == 1}
    return names | {name: next(iter(keys)) for name, keys in own.items() if len(keys) == 1}


def _add(names: dict[str, set[str]], name: str, key: str) -> None:
    if folded := fold(name):
        names.setdefault(folded, set()).add(key)


def named_by(cell: str, names: Mapping[str, str]) -> str | None:
    """The blank that a table's cell names, whatever stars, numbers or "(required)" stand around the name."""
    if len(cell) > 60:
        return None
    plain = _DECORATION.sub("", cell.strip().strip("*_`"))
    for form in (cell, plain, _PARENTHESES.sub("", plain)):
        if (key := names.get(fold(form))) is not None:
            return key
    return None
