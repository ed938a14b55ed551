"""What one more entity costs a translation unit: the compiler's CPU time for a file of some entities less that of one of
fewer, through the number that came to it."""
from compiler import compile_seconds
from table import OURS, Row, at_most

FEW, MANY = 2, 8
# Of four columns; EARLIER and LATER are the entities before and after it.
STRUCT = """struct Thing {{
  std::int64_t id = 0;
  std::string name{{}};
  std::optional<int> age{{}};
  std::int64_t above_id = 0;
{fields}}};
"""
FIELDS = "  orm::One<EARLIER> above{};\n  orm::Many<LATER> below{};\n"
DESCRIBE = """void describe(orm::Mapping<Thing>& thing) {{
  thing.table("Thing");
  thing.column("id", &Thing::id).primary_key();
  thing.column("name", &Thing::name).length(40).indexed();
  thing.column("age", &Thing::age);
  thing.column("above_id", &Thing::above_id).references(&EARLIER::id);
{relations}}}
"""
RELATIONS = "  thing.belongs_to(&Thing::above, &Thing::above_id);\n  thing.has_many(&Thing::below, &LATER::above_id);\n"
# What a program does with an entity: add, get, two queries by conditions, one of them with a relation, a walk through
# relations, a count, remove.
QUERIES = """void use_Thing(orm::Session& session) {
  const auto made = session.add(Thing{.name = "one"});
  made->below.add(orm::make<LATER>({.name = "two"}));
  session.commit();
  if (const auto known = session.get<Thing>(made->id)) known->age = 7;
  const auto one = session.query<Thing>().filter(orm::col(&Thing::name) == "one").one();
  for (const auto& found : session.query<Thing>()
                               .filter(orm::col(&Thing::age) >= 18 && orm::col(&Thing::id) < 1000)
                               .order_by(orm::col(&Thing::name).asc()).limit(10).with(&Thing::below).all()) {
    for (const auto& below : found->below) below->above_id = found->id;
    if (found->above) found->age = static_cast<int>(found->above->id);
  }
  if (session.query<Thing>().filter_by(&Thing::name, "two").count() > 1) session.remove(one);
}
"""


def entity(text, number):
    names = {"EARLIER": number - 1, "LATER": number + 1, "Thing": number}
    for name, thing in names.items():
        text = text.replace(name, f"T{thing}")
    return text


def source(entities, relations, queries):
    """A file of that many entities, each between two others; the first and the last are the same in every file."""
    ends = (0, entities + 1)
    numbers = range(1, entities + 1)
    struct = STRUCT.format(fields=FIELDS if relations else "")
    describe = DESCRIBE.format(relations=RELATIONS if relations else "")
    plain = STRUCT.format(fields="")
    lines = ['#include "posthouse/orm/orm.h"', "using namespace posthouse;"]
    lines += [f"struct T{number};" for number in range(entities + 2)]
    lines += [entity(plain, number) for number in ends] + [entity(struct, number) for number in numbers]
    lines += [f'void describe(orm::Mapping<T{end}>& thing) {{ thing.table("T{end}"); thing.column("id", &T{end}::id).primary_key(); '
              f'thing.column("above_id", &T{end}::above_id); }}' for end in ends]
    lines += [entity(describe, number) for number in numbers]
    if queries:
        lines += [entity(QUERIES, number) for number in numbers]
    else:
        every = ", ".join(f"T{number}" for number in range(entities + 2))
        lines.append(f"void make(orm::Engine& engine) {{ engine.create_all<{every}>(); }}")
    return "\n".join(lines) + "\n"


def entity_row(bench, title, level, relations, queries):
    def one_more(_):
        few, many = (compile_seconds(bench, source(count, relations, queries), level) for count in (FEW, MANY))
        return (many - few) / (MANY - FEW)

    figures = bench.in_turn(f"{title}, {level}", 7, {"ours": True}, one_more, "s CPU")
    return Row(f"one more entity in a file, {title}, {level}", "s CPU", figures["ours"], {}, (at_most(0.3, OURS),))


def entity_cost(bench):
    return [entity_row(bench, title, level, relations, queries)
            for level in ("-O0", "-O2")
            for title, relations, queries in (("described only", False, False), ("with two relations", True, False),
                                              ("with two relations and the usual queries", True, True))]


MEASURES = {"entity": entity_cost}
