#include "posthouse/mime/html/html_entities.h"

#include <algorithm>
#include <array>

namespace posthouse::mime {
namespace {

// The names of HTML 4 and those of later ones that mail has, each with its code point: in the order of their octets.
constexpr std::string_view names =
    "AElig c6 AMP 26 Aacute c1 Abreve 102 Acirc c2 Agrave c0 Alpha 391 Amacr 100 Aogon 104 Aring c5 Atilde c3 "
    "Auml c4 Beta 392 COPY a9 Cacute 106 Ccaron 10c Ccedil c7 Chi 3a7 Dagger 2021 Dcaron 10e Delta 394 Dstrok 110 "
    "ETH d0 Eacute c9 Ecaron 11a Ecirc ca Egrave c8 Emacr 112 Eogon 118 Epsilon 395 Eta 397 Euml cb GT 3e Gamma 393 "
    "Gbreve 11e Hat 5e Iacute cd Icirc ce Idot 130 Igrave cc Imacr 12a Iota 399 Iuml cf Kappa 39a LT 3c Lambda 39b "
    "Lstrok 141 Mu 39c Nacute 143 Ncaron 147 NewLine a Ntilde d1 Nu 39d OElig 152 Oacute d3 Ocirc d4 Odblac 150 "
    "Ograve d2 Omega 3a9 Omicron 39f Oslash d8 Otilde d5 Ouml d6 Phi 3a6 Pi 3a0 Prime 2033 Psi 3a8 QUOT 22 REG ae "
    "Rarr 21a0 Rcaron 158 Rho 3a1 Sacute 15a Scaron 160 Scedil 15e Sigma 3a3 THORN de Tab 9 Tau 3a4 Tcaron 164 "
    "Tcedil 162 Theta 398 Uacute da Ucirc db Udblac 170 Ugrave d9 Umacr 16a Upsilon 3a5 Uring 16e Uuml dc Xi 39e "
    "Yacute dd Yuml 178 Zacute 179 Zcaron 17d Zdot 17b Zeta 396 aacute e1 abreve 103 acirc e2 acute b4 aelig e6 "
    "agrave e0 alefsym 2135 alpha 3b1 amacr 101 amp 26 and 2227 ang 2220 aogon 105 apos 27 aring e5 ast 2a "
    "asymp 2248 atilde e3 auml e4 bdquo 201e beta 3b2 bigstar 2605 block 2588 boxh 2500 brvbar a6 bsol 5c bull 2022 "
    "cacute 107 cap 2229 ccaron 10d ccedil e7 cedil b8 cent a2 check 2713 checkmark 2713 chi 3c7 circ 2c6 "
    "clubs 2663 colon 3a comma 2c commat 40 cong 2245 copy a9 crarr 21b5 cross 2717 cup 222a curren a4 dArr 21d3 "
    "dagger 2020 darr 2193 dash 2010 dcaron 10f deg b0 delta 3b4 diams 2666 divide f7 dollar 24 dstrok 111 "
    "dtri 25bf eacute e9 ecaron 11b ecirc ea egrave e8 emacr 113 empty 2205 emsp 2003 ensp 2002 eogon 119 "
    "epsilon 3b5 equals 3d equiv 2261 eta 3b7 eth f0 euml eb euro 20ac excl 21 exist 2203 fnof 192 forall 2200 "
    "frac12 bd frac14 bc frac34 be frasl 2044 gamma 3b3 gbreve 11f ge 2265 grave 60 gt 3e hArr 21d4 hairsp 200a "
    "harr 2194 hearts 2665 hellip 2026 horbar 2015 hyphen 2010 iacute ed icirc ee iexcl a1 igrave ec imacr 12b "
    "image 2111 infin 221e inodot 131 int 222b iota 3b9 iquest bf isin 2208 iuml ef kappa 3ba lArr 21d0 lambda 3bb "
    "lang 2329 laquo ab larr 2190 lbrack 5b lceil 2308 lcub 7b ldquo 201c ldquor 201e le 2264 lfloor 230a "
    "lowast 2217 lowbar 5f loz 25ca lpar 28 lrm 200e lsaquo 2039 lsqb 5b lsquo 2018 lstrok 142 lt 3c macr af "
    "mdash 2014 micro b5 middot b7 minus 2212 mldr 2026 mu 3bc nabla 2207 nacute 144 nbsp a0 ncaron 148 ndash 2013 "
    "ne 2260 nearr 2197 ni 220b nldr 2025 not ac notin 2209 nsub 2284 ntilde f1 nu 3bd num 23 numsp 2007 oacute f3 "
    "ocirc f4 odblac 151 oelig 153 ograve f2 oline 203e omega 3c9 omicron 3bf oplus 2295 or 2228 ordf aa ordm ba "
    "oslash f8 otilde f5 otimes 2297 ouml f6 para b6 part 2202 percnt 25 period 2e permil 2030 perp 22a5 phi 3c6 "
    "phone 260e pi 3c0 piv 3d6 plus 2b plusmn b1 pound a3 prime 2032 prod 220f prop 221d psi 3c8 puncsp 2008 "
    "quest 3f quot 22 rArr 21d2 radic 221a rang 232a raquo bb rarr 2192 rbrack 5d rcaron 159 rceil 2309 rcub 7d "
    "rdquo 201d real 211c reg ae rfloor 230b rho 3c1 rlm 200f rpar 29 rsaquo 203a rsqb 5d rsquo 2019 sacute 15b "
    "sbquo 201a scaron 161 scedil 15f sdot 22c5 sect a7 semi 3b shy ad sigma 3c3 sigmaf 3c2 sim 223c sol 2f "
    "spades 2660 star 2606 starf 2605 sub 2282 sube 2286 sum 2211 sup 2283 sup1 b9 sup2 b2 sup3 b3 supe 2287 "
    "szlig df tau 3c4 tcaron 165 tcedil 163 there4 2234 theta 3b8 thetasym 3d1 thinsp 2009 thorn fe tilde 2dc "
    "times d7 trade 2122 uArr 21d1 uacute fa uarr 2191 ucirc fb udblac 171 ugrave f9 umacr 16b uml a8 upsih 3d2 "
    "upsilon 3c5 uring 16f utri 25b5 uuml fc verbar 7c vert 7c weierp 2118 xi 3be yacute fd yen a5 yuml ff "
    "zacute 17a zcaron 17e zdot 17c zeta 3b6 zwj 200d zwnj 200c";

struct HtmlEntity {
  std::string_view name;
  char32_t code_point = 0;
};

constexpr std::size_t count = static_cast<std::size_t>(std::count(names.begin(), names.end(), ' ') + 1) / 2;

constexpr auto entities = [] {
  std::array<HtmlEntity, count> table{};
  std::size_t at = 0;
  for (HtmlEntity& entity : table) {
    const std::size_t space = names.find(' ', at);
    entity.name = names.substr(at, space - at);
    for (at = space + 1; at < names.size() && names[at] != ' '; ++at) {
      entity.code_point =
          entity.code_point * 16 + static_cast<char32_t>(names[at] <= '9' ? names[at] - '0' : names[at] - 'a' + 10);
    }
    ++at;
  }
  return table;
}();
static_assert(std::is_sorted(entities.begin(), entities.end(),
                             [](const HtmlEntity& a, const HtmlEntity& b) { return a.name < b.name; }));

}  // namespace

char32_t html_entity(std::string_view name) noexcept {
  const auto* found = std::lower_bound(entities.begin(), entities.end(), name,
                                       [](const HtmlEntity& a, std::string_view b) { return a.name < b; });
  return found != entities.end() && found->name == name ? found->code_point : 0;
}

}  // namespace posthouse::mime
