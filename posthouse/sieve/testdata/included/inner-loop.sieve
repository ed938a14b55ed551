require ["foreverypart", "mime", "variables", "include"];
global "in";
foreverypart {
	if header :mime :matches "X-Test" "*" { set "in" "${in}${1} "; }
}
