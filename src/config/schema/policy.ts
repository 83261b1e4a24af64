import { key, listKey, table, tableList } from "../schema-node.ts";
import * as value from "../values.ts";
import { familyName } from "./family.ts";
import {
  asPathPattern,
  communityPattern,
  extCommunityPattern,
  largeCommunityPattern,
  maskRange,
  medAction,
} from "./policy-values.ts";

const name = value.text(255, "name", false);
const soft = "soft" as const;
const required = (doc: string) => key(name, { doc, reload: soft });

const prefixSets = tableList("Sets of prefixes.", {
  "prefix-set-name": required("Name of the set."),
  "prefix-list": tableList("The prefixes.", {
    "ip-prefix": key(value.prefix("warning"), { doc: "Routes within this prefix match ...", reload: soft }),
    "masklength-range": key(maskRange, {
      defaultText: "exactly the prefix's own length",
      doc: '... if their length is in this range: "24..32".',
      reload: soft,
    }),
  }),
});

const tagSets = tableList(
  "Tags: without effect in GoBGP too.",
  {
    "tag-set-name": required("No effect."),
    "tag-list": tableList("No effect.", { value: key(value.text(255), { doc: "No effect.", reload: soft }) }),
  },
  { support: "ignored" },
);

export const definedSets = table("Named sets for policies to refer to.", {
  "prefix-sets": prefixSets,
  "neighbor-sets": tableList("Sets of neighbours.", {
    "neighbor-set-name": required("Name of the set."),
    "neighbor-info-list": listKey(value.prefixOrAddress, {
      default: [],
      doc: "Addresses and prefixes of neighbours.",
      reload: soft,
    }),
  }),
  "tag-sets": tagSets,
  "bgp-defined-sets": table("Sets of attribute values.", {
    "community-sets": tableList("Sets of communities.", {
      "community-set-name": required("Name of the set."),
      "community-list": listKey(communityPattern, {
        default: [],
        doc: "Communities, or regular expressions over their text.",
        reload: soft,
      }),
    }),
    "ext-community-sets": tableList("Sets of extended communities.", {
      "ext-community-set-name": required("Name of the set."),
      "ext-community-list": listKey(extCommunityPattern, {
        default: [],
        doc: '"rt:", "soo:", "encap:" or "lb:" and a value or regular expression.',
        reload: soft,
      }),
    }),
    "large-community-sets": tableList("Sets of large communities.", {
      "large-community-set-name": required("Name of the set."),
      "large-community-list": listKey(largeCommunityPattern, {
        default: [],
        doc: "Large communities, or regular expressions over their text.",
        reload: soft,
      }),
    }),
    "as-path-sets": tableList("Sets of AS paths.", {
      "as-path-set-name": required("Name of the set."),
      "as-path-list": listKey(asPathPattern, {
        default: [],
        doc: "Regular expressions over the path as text; `_` stands for an edge between AS numbers.",
        reload: soft,
      }),
    }),
  }),
});

const anyAllInvert = key(value.oneOf("any", "all", "invert"), {
  default: "any",
  doc: '"any" element matches, "all" match, or none does ("invert").',
  reload: soft,
});
const anyInvert = key(value.oneOf("any", "invert"), {
  default: "any",
  doc: '"any" element matches, or none does ("invert").',
  reload: soft,
});
const setName = (doc: string) => key(name, { doc, reload: soft });
const notEvaluated = { doc: "Not evaluated; nor is it by GoBGP 3.10.", reload: soft, support: "unsupported" } as const;
const comparison = key(value.oneOf("eq", "ge", "le", "attribute-eq", "attribute-ge", "attribute-le"), {
  doc: "equal, at least, at most.",
  reload: soft,
});
const u32 = value.integer(0, 4294967295);

const conditions = table("All must hold for the statement to match.", {
  "match-prefix-set": table("The route's prefix.", {
    "prefix-set": setName("A prefix set."),
    "match-set-options": anyInvert,
  }),
  "match-neighbor-set": table("The neighbour it came from.", {
    "neighbor-set": setName("A neighbour set."),
    "match-set-options": anyInvert,
  }),
  "match-tag-set": table(
    "Tags: not evaluated by GoBGP either.",
    { "tag-set": setName("Not evaluated."), "match-set-options": anyInvert },
    { support: "unsupported" },
  ),
  "call-policy": key(name, notEvaluated),
  "install-protocol-eq": key(name, notEvaluated),
  "bgp-conditions": table("The route's attributes.", {
    "match-community-set": table("Its communities.", {
      "community-set": setName("A community set."),
      "match-set-options": anyAllInvert,
    }),
    "match-ext-community-set": table("Its extended communities.", {
      "ext-community-set": setName("An extended-community set."),
      "match-set-options": anyAllInvert,
    }),
    "match-large-community-set": table("Its large communities.", {
      "large-community-set": setName("A large-community set."),
      "match-set-options": anyAllInvert,
    }),
    "match-as-path-set": table("Its AS path.", {
      "as-path-set": setName("An AS-path set."),
      "match-set-options": anyAllInvert,
    }),
    "as-path-length": table("The length of its AS path.", {
      operator: comparison,
      value: key(u32, { doc: "The length to compare with.", reload: soft }),
    }),
    "next-hop-in-list": listKey(value.prefixOrAddress, {
      default: [],
      doc: "Its next hop is one of these.",
      reload: soft,
    }),
    "afi-safi-in-list": listKey(familyName, { doc: "Its family is one of these.", reload: soft }),
    "route-type": key(value.oneOf("none", "internal", "external", "local"), {
      doc: 'From iBGP, from eBGP, or our own; "none": whichever.',
      reload: soft,
    }),
    "rpki-validation-result": key(value.oneOf("none", "not-found", "valid", "invalid"), {
      doc: "RPKI is not implemented: the condition is left out.",
      reload: soft,
      support: "unsupported",
    }),
    "community-count": table(
      "Not evaluated; nor is it by GoBGP 3.10.",
      { operator: comparison, value: key(u32, notEvaluated) },
      { support: "unsupported" },
    ),
    "med-eq": key(u32, notEvaluated),
    "local-pref-eq": key(u32, notEvaluated),
    "origin-eq": key(value.oneOf("igp", "egp", "incomplete"), notEvaluated),
  }),
});

const options = key(value.oneOf("add", "remove", "replace"), {
  doc: '"add" these, "remove" these (regular expressions allowed), or "replace" all by these.',
  reload: soft,
});
/** Read as values or patterns once `options` is known. */
const communitiesList = listKey(value.text(255), { default: [], doc: "The communities.", reload: soft });
const setRef = key(name, { doc: "Not evaluated; nor is it by GoBGP 3.10.", reload: soft, support: "unsupported" });

const actions = table("What happens to a route that matches.", {
  "route-disposition": key(value.oneOf("accept-route", "reject-route", "none"), {
    default: "none",
    doc: 'Accept or reject it; "none": go on with the next statement.',
    reload: soft,
  }),
  "igp-actions": table(
    "Tags: not evaluated by GoBGP either.",
    { "set-tag": key(value.text(255), { doc: "Not evaluated.", reload: soft }) },
    { support: "unsupported" },
  ),
  "bgp-actions": table("Changes to its attributes.", {
    "set-med": key(medAction, { doc: 'A MED, or a change to it: "50", "+10", "-10".', reload: soft }),
    "set-local-pref": key(u32, { doc: "LOCAL_PREF.", reload: soft }),
    "set-next-hop": key(
      value.parsed("next hop", '"self", "unchanged" or an address', (text) => {
        const word = text.toLowerCase();
        if (word === "self" || word === "unchanged") return word;
        const found = value.address.check(text as never);
        return found.ok ? found.value : undefined;
      }),
      { doc: 'The next hop: "self", "unchanged" or an address.', reload: soft },
    ),
    "set-route-origin": key(value.oneOf("igp", "egp", "incomplete"), {
      doc: "ORIGIN. (GoBGP 3.10 does not evaluate it.)",
      reload: soft,
    }),
    "set-as-path-prepend": table("Make the AS path longer.", {
      as: key(
        value.parsed("AS number", '"last-as" or an AS number as text', (text) => {
          if (text === "last-as") return text;
          return /^\d{1,10}$/.test(text) && Number(text) > 0 && Number(text) < 4294967295 ? Number(text) : undefined;
        }),
        { doc: 'What to prepend: an AS number as text, or "last-as" for the first AS of the path.', reload: soft },
      ),
      "repeat-n": key(value.integer(0, 255, "count"), { default: 0, doc: "How many times.", reload: soft }),
    }),
    "set-community": table("Communities.", {
      options,
      "set-community-method": table("Which.", { "communities-list": communitiesList, "community-set-ref": setRef }),
    }),
    "set-ext-community": table("Extended communities.", {
      options,
      "set-ext-community-method": table("Which.", {
        "communities-list": communitiesList,
        "ext-community-set-ref": setRef,
      }),
    }),
    "set-large-community": table("Large communities.", {
      options,
      "set-large-community-method": table("Which.", { "communities-list": communitiesList }),
    }),
  }),
});

export const statementTable = {
  name: key(name, { defaultText: "policy's name and number", doc: "Name of the statement.", reload: soft }),
  conditions,
  actions,
};

export const policyTable = {
  name: required("How `apply-policy` refers to it."),
  statements: tableList("Asked in this order; the first that accepts or rejects decides.", statementTable),
};

export const policyDefinitions = tableList("Policies, one each.", policyTable);
