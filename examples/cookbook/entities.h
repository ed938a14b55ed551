#pragma once
// The structs of the recipes.
#include <cstdint>
#include <optional>
#include <string>

#include "posthouse/orm/orm.h"

namespace orm = posthouse::orm;

struct Author;
struct Tag;

struct Book {
  std::int64_t id = 0;  // given by the database
  std::string title{};
  int pages = 0;
  std::optional<std::int64_t> author_id{};
  orm::One<Author> author{};
  orm::Many<Tag> tags{};
};

struct Author {
  std::int64_t id = 0;
  std::string name{};
  orm::Many<Book> books{};
};

struct Tag {
  std::string word{};
  orm::Many<Book> books{};
};

inline void describe(orm::Mapping<Book>& book) {
  book.table("book");
  book.column("id", &Book::id).primary_key();
  book.column("title", &Book::title).length(100).indexed();
  book.column("pages", &Book::pages).check("pages >= 0");
  book.column("author_id", &Book::author_id).references(&Author::id, orm::OnDelete::cascade);
  book.belongs_to(&Book::author, &Book::author_id);
  book.many_to_many(&Book::tags, "book_tag", "book_id", "tag");
}

inline void describe(orm::Mapping<Author>& author) {
  author.table("author");
  author.column("id", &Author::id).primary_key();
  author.column("name", &Author::name).length(40).unique();
  author.has_many(&Author::books, &Book::author_id);
}

inline void describe(orm::Mapping<Tag>& tag) {
  tag.table("tag");
  tag.column("word", &Tag::word).primary_key().length(20);
  tag.many_to_many(&Tag::books, "book_tag", "tag", "book_id");
}
