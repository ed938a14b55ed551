// A program of somebody else's, built against the installed libraries: a letter is built, read, and kept in a database.
#include <iostream>

#include <posthouse/mime/mime.h>
#include <posthouse/net/net.h>
#include <posthouse/pop3/pop3.h>
#include <posthouse/smtp/smtp.h>
#include <posthouse/sql/sql.h>

using namespace posthouse;

int main() {
  mime::MessageBuilder letter;
  letter.from("张三", "ann@one.test").to("hong@two.test").subject("驿站").text("你好！");

  std::string received;
  net::run([&] {
    auto [left, right] = net::memory_pipe();
    net::Scope scope;
    scope.spawn([&left, bytes = letter.build()] {
      left.write(bytes);
      left.shutdown_write();
    });
    received = right.read_all(1 << 20);
    scope.join();
  });

  auto db = sql::connect("sqlite://:memory:");
  db.exec("create table letter (subject varchar(100))");
  db.exec("insert into letter (subject) values (?)", mime::Message::parse(received).subject());
  const auto subject = db.query_one<std::string>("select subject from letter");
  std::cout << subject << '\n';
  return subject == "驿站" && smtp::ClientOptions().tls == net::Tls::starttls &&
                 pop3::ClientOptions().tls == net::Tls::implicit
             ? 0
             : 1;
}
