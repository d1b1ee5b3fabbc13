"""Row of Scopus' CSV export -> usual names; headers in the languages of Scopus."""

import re
from collections.abc import Mapping

from pipeline.corpus.adapters.names import people
from pipeline.corpus.adapters.parts import split, text, without
from pipeline.corpus.record import RawRow

NAMES: Mapping[str, str] = {
    "Title": "title",
    "Year": "year",
    "Source title": "journal",
    "Volume": "volume",
    "Issue": "issue",
    "DOI": "doi",
    "Link": "url",
    "Publisher": "publisher",
    "ISSN": "issn",
    "ISBN": "isbn",
    "Document Type": "type",
}
# Names of columns in Chinese, Japanese and Russian -> in English.
TRANSLATIONS: Mapping[str, str] = {
    **dict.fromkeys(("作者", "著者名", "Авторы"), "Authors"),
    **dict.fromkeys(("作者 ID", "作者ID", "著者ID", "Идентификаторы авторов"), "Author(s) ID"),
    **dict.fromkeys(("标题", "標題", "文献标题", "文獻標題", "書名", "书名", "論文名", "Название"), "Title"),
    **dict.fromkeys(("年份", "出版年", "Год"), "Year"),
    **dict.fromkeys(("来源出版物名称", "來源出版物名稱", "出版物名", "Название источника"), "Source title"),
    **dict.fromkeys(("卷", "巻", "Том"), "Volume"),
    **dict.fromkeys(("期", "号", "Выпуск"), "Issue"),
    **dict.fromkeys(("论文编号", "論文編號", "論文番号"), "Art. No."),
    **dict.fromkeys(("起始页码", "起始頁碼", "開始ページ", "Страница начала"), "Page start"),
    **dict.fromkeys(("结束页码", "結束頁碼", "終了ページ", "Страница окончания"), "Page end"),
    **dict.fromkeys(("页码计数", "頁碼計數", "ページ数"), "Page count"),
    **dict.fromkeys(("施引文献", "施引文獻", "被引用数", "被引用文献", "Цитирования"), "Cited by"),
    **dict.fromkeys(("链接", "連結", "リンク", "Ссылка"), "Link"),
    **dict.fromkeys(("归属机构", "歸屬機構", "所属機関"), "Affiliations"),
    **dict.fromkeys(("摘要", "抄録", "Краткое описание"), "Abstract"),
    **dict.fromkeys(("作者关键字", "作者關鍵字", "著者キーワード", "Ключевые слова автора"), "Author Keywords"),
    **dict.fromkeys(("索引关键字", "索引關鍵字", "索引キーワード"), "Index Keywords"),
    **dict.fromkeys(("参考文献", "參考文獻", "Пристатейные ссылки"), "References"),
    **dict.fromkeys(("文献类型", "文獻類型", "文献タイプ", "Тип документа"), "Document Type"),
    **dict.fromkeys(("来源出版物", "來源出版物", "出典", "Источник"), "Source"),
}
# What each translated table has: its titles and the titles of its sources.
TRANSLATED = tuple(
    frozenset({title, source})
    for source, titles in (
        ("来源出版物名称", ("标题", "文献标题", "书名")),
        ("來源出版物名稱", ("標題", "文獻標題", "書名")),
        ("出版物名", ("論文名", "文献タイトル", "タイトル")),
        ("Название источника", ("Название",)),
    )
    for title in titles
)
PAIR = re.compile(r";\s+")
# A reference's author, who stands before another one and not before the title: "Aho P.".
AUTHOR_ALONE = re.compile(r"[^,\d()]{1,60}\s(?:[^\W\d_]{1,3}\.[-\s]?)+")


def adapt(row: RawRow) -> dict[str, object]:
    """With full names where it has them, keywords, and references one by one."""
    pages = [str(row.get(name) or "").strip() for name in ("Page start", "Page end")]
    adapted: dict[str, object] = {
        "id": text(row.get("EID")),
        **{ours: row.get(theirs) for theirs, ours in NAMES.items()},
        "abstract": text(row.get("Abstract")),
        "authors": people(row.get("Author full names"), separator=";") or people(row.get("Authors")),
        "keywords": split(row.get("Author Keywords")),
        "references": references(text(row.get("References"))),
        "pages": "-".join(page for page in pages if page),
    }
    used = ("EID", "Abstract", "Author full names", "Authors", "Author(s) ID", "Author Keywords", "References")
    return without(adapted) | without(row, *used, "Page start", "Page end", *NAMES)


def adapt_translated(row: RawRow) -> dict[str, object]:
    """The same from a header in another language; its first column is the authors, whatever its name."""
    names = {name: TRANSLATIONS.get(name, name) for name in row}
    first = next(iter(row))
    if "Authors" not in names.values() and names[first] == "Author Keywords":  # so in some exports in Chinese
        names[first] = "Authors"
    translated: dict[str, object] = {}
    for name, value in row.items():
        translated[name if names[name] in translated else names[name]] = value
    return adapt(translated)


def references(cited: str) -> list[str]:
    """The references of one cell, between which stand the same signs as between the authors of each.

    >>> references("Aho P.; Moe P., On ice, Ice Lett., 1, (2001); Larsen, I., On snow (2002) Snow Lett., 2, pp. 3-4")
    ['Aho P.; Moe P., On ice, Ice Lett., 1, (2001)', 'Larsen, I., On snow (2002) Snow Lett., 2, pp. 3-4']
    """
    whole: list[str] = []
    waiting: list[str] = []
    for piece in PAIR.split(cited):
        waiting.append(piece.strip())
        if not AUTHOR_ALONE.fullmatch(piece.strip()):
            whole.append("; ".join(part for part in waiting if part))
            waiting = []
    return [reference for reference in (*whole, "; ".join(waiting)) if reference]
