"""What requests may hold: amounts by currency, and bodies that must not bring a function down."""

import base64
import json
import random
import sys
import unittest
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from payments import asked, money  # noqa: E402

PAYMENT = {"payment_id": "p-1", "amount": "12.30", "currency": "EUR"}


def payment(**changes):
    return asked.payment_of({"body": json.dumps({**PAYMENT, **changes})})


class Asked(unittest.TestCase):
    def refuse(self, event, *words):
        with self.assertRaises(asked.Invalid) as refused:
            asked.payment_of(event)
        for word in words:
            self.assertIn(word, str(refused.exception))

    def test_amounts_are_in_the_units_of_their_currency(self):
        for amount, currency, units in (
            ("12.30", "EUR", 1230),
            ("12.3", "EUR", 1230),
            (12.3, "EUR", 1230),
            (7, "EUR", 700),
            ("7", "JPY", 7),
            ("7.00", "JPY", 7),
            ("1.234", "KWD", 1234),
            ("0.001", "BHD", 1),
            ("0.01", "USD", 1),
            ("0012.30", "EUR", 1230),
            ("12.3" + "0" * 30, "EUR", 1230),
            ("1e3", "CHF", 100_000),
            ("9999999999999.99", "EUR", 999_999_999_999_999),
        ):
            with self.subTest(amount=amount, currency=currency):
                self.assertEqual(payment(amount=amount, currency=currency)["units"], units)

    def test_amounts_that_are_none_are_refused(self):
        wrong = [("-1", "EUR"), ("0", "EUR"), ("0.00", "EUR"), ("1.234", "EUR"), ("1.5", "JPY"), ("1.2345", "KWD"), ("12.3" + "0" * 40 + "1", "EUR")]
        wrong += [(amount, "EUR") for amount in ("NaN", "sNaN", "Infinity", "-Infinity", "1e999999999", "1e-999999999", "0." + "0" * 9000 + "1")]
        wrong += [(amount, "EUR") for amount in ("", "x", "1,5", "1_000", " 7 ", "٣", ".5", "10000000000000", None, True, [], {}, ["1"], "9" * 5000)]
        for amount, currency in wrong:
            with self.subTest(amount=str(amount)[:20], currency=currency):
                self.refuse({"body": json.dumps({**PAYMENT, "amount": amount, "currency": currency})}, "`amount`")
        for constant in ("NaN", "Infinity", "-Infinity"):
            self.refuse({"body": json.dumps(PAYMENT).replace('"12.30"', constant)}, "JSON")

    def test_currencies_are_those_of_iso_4217(self):
        for currency in ("eur", "EURO", "ÄÖÜ", "XXX", "XAU", "ZZZ", "", None, 978, ["EUR"], {"EUR": 1}):
            with self.subTest(currency):
                self.refuse({"body": json.dumps({**PAYMENT, "currency": currency})}, "`currency`")
        self.assertEqual({money.DECIMALS[code] for code in ("CLP", "JPY", "KRW")}, {0})
        self.assertEqual({money.DECIMALS[code] for code in ("JOD", "TND", "OMR")}, {3})
        self.assertTrue(all(len(code) == 3 and code.isupper() for code in money.DECIMALS))

    def test_an_amount_is_shown_as_it_was_given(self):
        numbers = random.Random(7)
        for currency, places in money.DECIMALS.items():
            units = numbers.randrange(1, money.MOST)
            shown = money.text(units, currency)
            self.assertEqual(money.smallest_units(shown, currency), units, currency)
            self.assertEqual(len(shown.partition(".")[2]), places, currency)
            self.assertEqual(Decimal(shown).scaleb(places), units, currency)

    def test_ids_can_be_parts_of_names(self):
        for id in ("", "a/b", "../p", "..", ".", "a\\b", "a\nb", "é", "\ud800", "x" * 129, 7, None, ["a"], {}):
            with self.subTest(id):
                self.refuse({"body": json.dumps({**PAYMENT, "payment_id": id})}, "`payment_id`")
        for id in ("p-1", "x" * 128, "a b", "a..b", "{}", "%2F"):
            self.assertEqual(payment(payment_id=id)["id"], id)

    def test_nothing_more_is_asked_for(self):
        self.refuse({"body": json.dumps({**PAYMENT, "tip": 1})}, "'tip'")
        self.refuse({"body": '{"amount": 1, "amount": 2}'}, "once")

    def test_no_body_brings_a_function_down(self):
        deep = 100_000
        for body in (
            "[" * deep, "[" * deep + "]" * deep, '{"a":' * deep, '{"amount":' + "[" * 8000 + "]" * 8000 + "}",
            "[" * 16_000, '{"a":' * 3000, "{" * 16_000, "9" * 10_000, "-" * 10_000, '"' + "\\u0000" * 2000 + '"',
            " " * 10_000_000, "null", "7", "[]", '"text"', "{", "", None, "\x00", "\ufeff{}", '{"amount":1e99999999999}',
        ):  # fmt: skip
            with self.subTest((body or "")[:12]):
                self.refuse({"body": body})
                coded = base64.b64encode((body or "").encode()).decode()
                self.refuse({"body": coded, "isBase64Encoded": True})
        self.refuse({"body": "%%%", "isBase64Encoded": True}, "JSON")
        self.refuse({"body": "é" * 10, "isBase64Encoded": True}, "JSON")
        self.refuse({"body": base64.b64encode(b"\xff\xfe").decode(), "isBase64Encoded": True}, "JSON")
        self.refuse({})

    def test_any_noise_is_refused_or_a_payment(self):
        numbers = random.Random(4)
        text = json.dumps(PAYMENT)
        for _ in range(5_000):
            noise = list(text)
            for _ in range(numbers.randrange(1, 6)):
                noise[numbers.randrange(len(noise))] = numbers.choice('{}[]",:\\0e-.ux\x00é')
            try:
                found = asked.payment_of({"body": "".join(noise)})
            except asked.Invalid:
                continue
            self.assertGreater(found["units"], 0)


if __name__ == "__main__":
    unittest.main()
