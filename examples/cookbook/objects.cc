// Recipes: objects that are rows.
#include <iostream>

#include "entities.h"
#include "recipes.h"

using namespace posthouse;
using orm::col;

void add_change_remove(const std::string& url) {
  orm::Engine engine(url);
  engine.create_all<Author, Book, Tag>();
  orm::Session session(engine);
  auto lu = session.add(Author{.name = "Lu Xun"});
  auto nobody = session.add(Author{.name = "Nobody"});
  session.commit();  // INSERT: the ids are known now
  lu->name = "鲁迅";
  session.remove(nobody);
  session.commit();  // UPDATE and DELETE
  std::cout << session.query<Author>().one()->name << '\n';
}

void found_by_conditions(const std::string& url) {
  orm::Engine engine(url);
  orm::Session session(engine);
  for (int i = 1; i <= 9; ++i) session.add(Book{.title = "Volume " + std::to_string(i), .pages = i * 50});
  const auto thick = col(&Book::pages) >= 100 && !(col(&Book::pages) > 300);
  const auto named = col(&Book::title).like("%1") || col(&Book::title).in({"Volume 2", "Volume 3"});
  std::cout << session.query<Book>().filter(thick).count() << ' '
            << session.query<Book>().filter(thick && named).count() << ' '
            << session.query<Book>().filter(col(&Book::author_id).is_null()).count() << '\n';
  session.commit();
}

void one_first_all(const std::string& url) {
  orm::Engine engine(url);
  orm::Session session(engine);
  auto only = session.query<Book>().filter_by(&Book::title, "Volume 5").one();  // just one, or an Error
  auto none = session.query<Book>().filter_by(&Book::title, "Volume 99").one_or_none();
  auto again = session.get<Book>(only->id);  // by key; no statement, since the session has it
  std::cout << only->pages << ' ' << (none == nullptr) << ' ' << (again == only) << ' '
            << session.query<Book>().filter(col(&Book::pages) > 400).exists() << ' '
            << session.query<Book>().all().size() << '\n';
}

void sorted_and_paged(const std::string& url) {
  orm::Engine engine(url);
  orm::Session session(engine);
  auto page = session.query<Book>().order_by(col(&Book::pages).desc(), col(&Book::id).asc()).limit(3).offset(3).all();
  for (const auto& book : page) std::cout << book->title << "  ";
  std::cout << '\n';
}

void one_to_many(const std::string& url) {
  orm::Engine engine(url);
  {
    orm::Session session(engine);
    auto author = session.query<Author>().one();
    author->books.add(orm::make<Book>({.title = "呐喊", .pages = 220}));
    author->books.add(orm::make<Book>({.title = "彷徨", .pages = 180}));
    session.commit();
  }
  orm::Session session(engine);
  auto book = session.query<Book>().filter_by(&Book::title, "呐喊").one();
  std::cout << book->author->name << " wrote " << book->author->books.size() << '\n';
}

void many_to_many(const std::string& url) {
  orm::Engine engine(url);
  {
    orm::Session session(engine);
    auto book = session.query<Book>().filter_by(&Book::title, "呐喊").one();
    book->tags.add(orm::make<Tag>({.word = "stories"}));
    book->tags.add(orm::make<Tag>({.word = "1923"}));
    session.commit();
  }
  orm::Session session(engine);
  std::cout << session.get<Tag>("stories")->books[0]->title << '\n';
}

void loaded_with_the_query(const std::string& url) {
  orm::Engine engine(url);
  orm::Session session(engine);
  std::size_t books = 0;
  for (const auto& author : session.query<Author>().with(&Author::books).all()) books += author->books.size();
  std::cout << books << " books by " << session.statements() << " statements\n";  // however many authors there are
}

void joined_for_conditions(const std::string& url) {
  orm::Engine engine(url);
  orm::Session session(engine);
  auto authors = session.query<Author>().join(&Author::books).filter(col(&Book::pages) < 200).distinct().all();
  for (const auto& author : authors) std::cout << author->name << '\n';
}

void grouped(const std::string& url) {
  orm::Engine engine(url);
  orm::Session session(engine);
  const auto author = col(&Author::name);
  for (auto [name, books, pages] : session.select(author, orm::count(), orm::sum(col(&Book::pages)))
                                       .join(&Author::books)
                                       .group_by(author)
                                       .having(orm::count() > 1)
                                       .all())
    std::cout << name << ": " << books << " books, " << pages.value_or(0) << " pages\n";
}

void paged_by_key(const std::string& url) {
  orm::Engine engine(url);
  orm::Session session(engine);
  auto by_pages = session.query<Book>().order_by(col(&Book::pages).asc(), col(&Book::id).asc()).limit(4);
  const auto last = by_pages.all().back();
  for (const auto& book : by_pages.after(last->pages, last->id).all()) std::cout << book->title << "  ";
  std::cout << '\n';
}

void put_in_or_changed(const std::string& url) {
  orm::Engine engine(url);
  orm::Session session(engine);
  auto first = session.upsert(Author{.name = "Lao She"}, &Author::name);
  auto again = session.upsert(Author{.name = "Lao She"}, &Author::name);
  std::cout << (first == again) << ' ' << session.query<Author>().count() << '\n';
  session.commit();
}

void more_than_memory_holds(const std::string& url) {
  orm::Engine engine(url);
  orm::Session session(engine);
  std::int64_t pages = 0;
  for (const auto& book : session.query<Book>().stream()) pages += book->pages;
  std::cout << pages << " pages\n";
}

void many_changed_at_once(const std::string& url) {
  orm::Engine engine(url);
  orm::Session session(engine);
  const auto changed = session.query<Book>().filter(col(&Book::pages) < 200).update(&Book::pages, 200);
  const auto gone = session.query<Book>().filter(col(&Book::title).like("Volume%")).remove();
  session.commit();
  std::cout << changed << " changed, " << gone << " gone\n";
}

void ones_own_sql(const std::string& url) {
  orm::Engine engine(url);
  orm::Session session(engine);
  session.add(Book{.title = "朝花夕拾", .pages = 200});
  session.flush();  // in the session's transaction, so its own SQL sees it
  for (auto [pages, count] :
       session.connection().query<int, int>("select pages, count(*) from book group by pages order by pages"))
    std::cout << count << " of " << pages << " pages  ";
  std::cout << '\n';
}
