// SCRAM against the examples of RFC 5802 and RFC 7677, against itself, and against peers that lie.
#include "posthouse/sasl/scram/scram.h"

#include <string>

#include <gtest/gtest.h>

#include "posthouse/base/base64.h"
#include "posthouse/sasl/keys/prepared_password.h"
#include "posthouse/sasl/testing.h"

namespace posthouse::sasl {
namespace {

/// The account of the RFCs' examples.
class Pencil : public Verifier {
 public:
  explicit Pencil(std::string salt) : salt_(std::move(salt)) {}
  Verdict verify(const Attempt& attempt) override {
    return std::holds_alternative<ProofByKeys>(attempt.evidence) ? Verdict(std::string(attempt.authcid))
                                                                 : Denial::wrong;
  }
  bool has_keys(ScramHash) const noexcept override { return true; }
  std::optional<ScramKeys> keys(const Context&, std::string_view, ScramHash hash) override {
    return make_scram_keys(hash, "pencil", *base64_decode(salt_), 4096);
  }

 private:
  std::string salt_;
};

struct Example {
  ScramHash hash;
  std::string client_nonce, server_nonce, salt, proof, signature;
};

const Example rfc5802{ScramHash::sha1,    "fyko+d2lbbFgONRv9qkxdawL",     "3rfcNHYJY1ZVvWVs7j",
                      "QSXCR+Q6sek8bf92", "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ="};
const Example rfc7677{ScramHash::sha256,
                      "rOprNGfwEbeRWgbNEkqO",
                      "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
                      "W22ZaJ0SNY7soEsUEjb6gQ==",
                      "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                      "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="};

TEST(Scram, SpeaksTheExamplesOfTheRfcs) {
  for (const Example& example : {rfc5802, rfc7677}) {
    Pencil verifier(example.salt);
    const Context context;
    const auto client =
        make_scram_client(example.hash, Binding::none, {.user = "user", .password = "pencil"}, example.client_nonce);
    const auto server = make_scram_server(example.hash, Binding::none, verifier, context, example.server_nonce);
    const std::string nonces = example.client_nonce + example.server_nonce;

    EXPECT_EQ(client->step(""), "n,,n=user,r=" + example.client_nonce);
    ASSERT_EQ(server->step("n,,n=user,r=" + example.client_nonce), Progress::challenge);
    EXPECT_EQ(server->challenge(), "r=" + nonces + ",s=" + example.salt + ",i=4096");
    const std::string last = "c=biws,r=" + nonces + ",p=" + example.proof;
    EXPECT_EQ(client->step(server->challenge()), last);
    ASSERT_EQ(server->step(last), Progress::challenge);
    EXPECT_EQ(server->challenge(), "v=" + example.signature);
    EXPECT_FALSE(client->complete()) << "not before the server's signature";
    EXPECT_EQ(client->step(server->challenge()), "");
    EXPECT_TRUE(client->complete());
    ASSERT_EQ(server->step(""), Progress::done);
    EXPECT_EQ(server->verdict().user, "user");
    EXPECT_EQ(server->step(""), Progress::malformed) << "over is over";
  }
}

struct Parties {
  testing::OneAccount verifier{true};
  Context context;
  Credentials credentials{.user = "ann", .password = "geheim"};
  ScramHash hash = ScramHash::sha256;
  Binding binding = Binding::none;

  /// Lets both talk until one gives up; `meddle` may change a message on its way (turn 0: client-first).
  template <class Meddle>
  Verdict talk(Meddle meddle, bool* client_believes = nullptr) {
    const auto client = make_scram_client(hash, binding, credentials);
    const auto server = make_scram_server(hash, binding, verifier, context);
    std::optional<std::string> said = client->step("");
    Progress progress = Progress::challenge;
    for (int turn = 0; said && progress == Progress::challenge; turn += 2) {
      progress = server->step(meddle(turn, *said));
      if (progress == Progress::challenge) {
        said = client->step(meddle(turn + 1, server->challenge()));
      }
    }
    if (client_believes != nullptr) {
      *client_believes = client->complete();
    }
    return progress == Progress::done ? server->verdict() : Verdict(Denial::wrong);
  }
  Verdict talk(bool* client_believes = nullptr) {
    return talk([](int, std::string text) { return text; }, client_believes);
  }
};

TEST(Scram, LetsInWhoeverKnowsThePassword) {
  for (const ScramHash hash : {ScramHash::sha1, ScramHash::sha256}) {
    Parties right;
    right.hash = hash;
    bool believes = false;
    const Verdict verdict = right.talk(&believes);
    EXPECT_TRUE(verdict);
    EXPECT_TRUE(believes);
    EXPECT_EQ(verdict.id, 7);
    Parties wrong;
    wrong.hash = hash;
    wrong.credentials.password = "geheim!";
    EXPECT_EQ(wrong.talk(&believes).denial, Denial::wrong);
    EXPECT_FALSE(believes);
    EXPECT_TRUE(wrong.verifier.attempts.empty()) << "without a proof there is nothing to ask";
    EXPECT_EQ(wrong.verifier.failed, std::vector<std::string>{std::string(scram_name(hash, Binding::none)) + " ann"});
    EXPECT_TRUE(right.verifier.failed.empty());
  }
}

TEST(Scram, APasswordHasOneSpelling) {
  EXPECT_EQ(prepare_password("correct horse"), "correct horse");
  EXPECT_EQ(prepare_password("I\u00ADX"), "IX") << "the examples of RFC 4013 section 3";
  EXPECT_EQ(prepare_password("USER"), "USER");
  EXPECT_EQ(prepare_password("\u00AA"), "a");
  EXPECT_EQ(prepare_password("\u2168"), "IX");
  EXPECT_EQ(prepare_password("\a"), std::nullopt);
  EXPECT_EQ(prepare_password("\u0627\u0031"), std::nullopt);
  EXPECT_EQ(prepare_password("\u5bc6\u7801\U0001F511"), "\u5bc6\u7801\U0001F511") << "newer than Unicode 3.2";
  EXPECT_EQ(prepare_password(""), std::nullopt);
  EXPECT_EQ(prepare_password("\u00AD"), std::nullopt) << "nothing is left";
  EXPECT_EQ(prepare_password("\xff"), std::nullopt);
  EXPECT_EQ(prepare_password("a\u00A0b"), "a b");
  EXPECT_EQ(prepare_password(std::string(4096, 'x')), std::string(4096, 'x'));
  std::string widest;
  for (int i = 0; i < 1000; ++i) {
    widest += "\uFDFA";  // the longest of all compatibility forms, 18 characters
  }
  EXPECT_TRUE(prepare_password(widest));
  Parties wide;
  wide.credentials.password = "ｇｅｈｅｉｍ";
  EXPECT_TRUE(wide.talk()) << "full-width letters";
}

TEST(Scram, CarriesNamesWithCommas) {
  Parties odd;
  odd.credentials.user = "a,=b";
  EXPECT_EQ(odd.talk().denial, Denial::wrong);
  EXPECT_EQ(unescaped(escaped("a,=b=2C")), "a,=b=2C");
  EXPECT_EQ(unescaped("a=2D"), std::nullopt);
  EXPECT_EQ(unescaped("a=2"), std::nullopt);
  Parties as_boss;
  as_boss.credentials.authzid = "boss";
  EXPECT_TRUE(as_boss.talk());
  EXPECT_EQ(as_boss.verifier.attempts.back(), "SCRAM-SHA-256 boss ann");
  Parties as_other;
  as_other.credentials.authzid = "c,y";
  EXPECT_EQ(as_other.talk().denial, Denial::not_as_other);
}

TEST(Scram, ANameThatIsUnknownLooksLikeOneThatIs) {
  testing::OneAccount verifier(true);
  const Context context;
  const auto first = [&](const std::string& name) {
    const auto server = make_scram_server(ScramHash::sha256, Binding::none, verifier, context, "s");
    EXPECT_EQ(server->step("n,,n=" + name + ",r=c"), Progress::challenge);
    return server->challenge();
  };
  EXPECT_EQ(first("nobody"), first("nobody")) << "the same salt at each attempt";
  EXPECT_NE(first("nobody"), first("noone"));
  EXPECT_EQ(first("nobody").size(), first("ann").size());
  Parties unknown;
  unknown.credentials.user = "nobody";
  EXPECT_EQ(unknown.talk().denial, Denial::wrong);
}

TEST(Scram, AChangedMessageEndsIt) {
  for (int turn = 0; turn < 4; ++turn) {
    // The octet to change, from the end; the first message ends in the nonce, the others in base64 or a number.
    for (const std::size_t from_end : {1U, 3U, 5U}) {
      Parties parties;
      bool believes = false;
      const Verdict verdict = parties.talk(
          [&](int at, std::string text) {
            if (at == turn && text.size() > from_end) {
              char& octet = text[text.size() - from_end];
              octet = octet == 'A' ? 'B' : 'A';
            }
            return text;
          },
          &believes);
      EXPECT_FALSE(verdict && believes) << "message " << turn << ", octet " << from_end << " from its end";
    }
  }
}

TEST(Scram, MalformedMessagesAreRefused) {
  testing::OneAccount verifier(true);
  const Context context;
  for (const char* text :
       {"", "n", "n,", "n,,", "n,,n=", "n,,n=ann", "n,,n=ann,r=", "n,,r=x,n=ann", "x,,n=ann,r=x",
        "p=tls-exporter,,n=ann,r=x", "n,a=,n=ann,r=x", "n,b=x,n=ann,r=x", "n,,m=x,n=ann,r=x", "n,,n=a=b,r=x"}) {
    const auto server = make_scram_server(ScramHash::sha256, Binding::none, verifier, context);
    EXPECT_EQ(server->step(text), Progress::malformed) << text;
  }
  for (const char* text : {"", "c=biws", "c=biws,r=cs", "c=biws,r=cs,p=", "r=cs,c=biws,p=AAAA", "c=biws,p=AAAA"}) {
    const auto server = make_scram_server(ScramHash::sha256, Binding::none, verifier, context, "s");
    ASSERT_EQ(server->step("n,,n=ann,r=c"), Progress::challenge);
    const Progress progress = server->step(text);
    EXPECT_TRUE(progress == Progress::malformed || !server->verdict()) << text;
  }
  for (const char* text :
       {"", "r=c", "r=cs,s=AAAA", "r=cs,s=AAAA,i=", "r=cs,s=AAAA,i=0", "r=cs,s=AAAA,i=x", "r=cs,s=AAAA,i=9999999999",
        "r=cs,s=AAAA,i=2000000", "r=c,s=AAAA,i=1", "r=xs,s=AAAA,i=1", "r=cs,s=A,i=1", "e=other-error"}) {
    const auto client = make_scram_client(ScramHash::sha256, Binding::none, {.user = "a", .password = "b"}, "c");
    ASSERT_TRUE(client->step(""));
    EXPECT_EQ(client->step(text), std::nullopt) << text;
    EXPECT_FALSE(client->complete());
  }
}

TEST(Scram, BindsToTheTlsSession) {
  const auto data = [](const char* octets) {
    return [octets](std::string_view type) -> std::optional<std::string> {
      return type == "tls-exporter" ? std::optional<std::string>(octets) : std::nullopt;
    };
  };
  Parties same;
  same.binding = Binding::used;
  same.context.channel_binding = same.credentials.channel_binding = data("one session");
  EXPECT_TRUE(same.talk());
  Parties between;  // somebody between us has one session with each of us
  between.binding = Binding::used;
  between.credentials.channel_binding = data("one session");
  between.context.channel_binding = data("another");
  EXPECT_EQ(between.talk().denial, Denial::wrong);
  Parties downgraded;  // somebody took -PLUS off the server's list
  downgraded.context.channel_binding = downgraded.credentials.channel_binding = data("one session");
  EXPECT_FALSE(downgraded.talk());
  const std::vector<std::string> list = {"SCRAM-SHA-256"};
  Parties not_listed;  // the server does not offer -PLUS, and knows that
  not_listed.context.channel_binding = not_listed.credentials.channel_binding = data("one session");
  not_listed.context.mechanisms = list;
  EXPECT_TRUE(not_listed.talk());
  Parties without;  // the client cannot bind
  without.context.channel_binding = data("one session");
  EXPECT_TRUE(without.talk());
}

}  // namespace
}  // namespace posthouse::sasl
