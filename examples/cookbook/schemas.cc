// Recipes: tables, and how they change.
#include <iostream>

#include "entities.h"
#include "recipes.h"

using namespace posthouse;

namespace {

struct Account {
  std::int64_t id = 0;
  std::string owner{};
  std::string currency{};
  std::int64_t cents = 0;
  std::int64_t version = 0;
};

void describe(orm::Mapping<Account>& account) {
  account.table("account");
  account.column("id", &Account::id).primary_key();
  account.column("owner", &Account::owner).length(40);
  account.column("currency", &Account::currency).length(3).default_sql("'CNY'");
  account.column("cents", &Account::cents).check("cents >= 0");
  account.column("version", &Account::version).version();
  account.unique(&Account::owner, &Account::currency);
  account.index("account_by_currency_and_cents", &Account::currency, &Account::cents);
}

}  // namespace

void keys_and_checks(const std::string& url) {
  orm::Engine engine(url);
  engine.create_all<Account>();
  orm::Session session(engine);
  session.add(Account{.owner = "Ann", .currency = "EUR", .cents = -1});
  try {
    session.commit();
  } catch (const sql::Error& error) {
    std::cout << sql::to_string(error.errc()) << '\n';
  }
}

void optimistic_lock(const std::string& url) {
  orm::Engine engine(url);
  orm::Session mine(engine);
  auto account = mine.add(Account{.owner = "Ann", .currency = "CNY", .cents = 100});
  mine.commit();
  {
    orm::Session theirs(engine);
    theirs.get<Account>(account->id)->cents = 50;
    theirs.commit();
  }
  account->cents += 10;
  try {
    mine.commit();
  } catch (const sql::Error& error) {  // somebody else has changed it meanwhile: read again, try again
    mine.rollback();
    std::cout << sql::to_string(error.errc()) << ", now " << mine.get<Account>(account->id)->cents << '\n';
  }
}

namespace {

struct Seat {
  int row = 0;
  int number = 0;
};
struct Ticket {
  std::int64_t id = 0;
  int row = 0;
  int seat = 0;
};

void describe(orm::Mapping<Seat>& seat) {
  seat.table("seat");
  seat.column("row", &Seat::row).primary_key();
  seat.column("number", &Seat::number).primary_key();
}

void describe(orm::Mapping<Ticket>& ticket) {
  ticket.table("ticket");
  ticket.column("id", &Ticket::id).primary_key();
  ticket.column("row", &Ticket::row);
  ticket.column("seat", &Ticket::seat);
  ticket.foreign_key(orm::fields(&Ticket::row, &Ticket::seat), orm::fields(&Seat::row, &Seat::number));
}

}  // namespace

void composite_keys(const std::string& url) {
  orm::Engine engine(url);
  engine.create_all<Ticket, Seat>();  // in whatever order
  orm::Session session(engine);
  session.add(Seat{.row = 3, .number = 12});
  session.add(Ticket{.row = 3, .seat = 12});
  session.commit();
  std::cout << session.get<Seat>(3, 12)->number << '\n';
}

void compare_with_entities(const std::string& url) {
  auto db = sql::connect(url);
  db.exec("drop table account");
  db.exec("create table account (id bigint primary key, owner varchar(40) not null)");
  const orm::SchemaDiff diff = orm::schema_diff<Account>(db);
  std::cout << diff.differences.front().words << '\n';
}

void migrate(const std::string& url) {
  auto db = sql::connect(url);
  const std::vector<orm::Migration> migrations = {
      {1, "parcels", {"create table parcel (id bigint primary key, weight bigint)"}, {"drop table parcel"}},
      {2, "a first one", {"insert into parcel values (1, 500)"}, {"delete from parcel where id = 1"}},
  };
  orm::Migrator migrator(db, migrations);
  migrator.up();    // all that are pending
  migrator.down();  // the last one
  for (const orm::MigrationStatus& each : migrator.status())
    std::cout << each.number << ' ' << each.name << ": " << orm::to_string(each.state) << '\n';
}
