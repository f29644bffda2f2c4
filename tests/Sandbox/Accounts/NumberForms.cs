namespace WhatsApp.Sandbox.Accounts;

/// <summary>Numbers people write in two ways: Brazil's ninth digit, Mexico's 1, Argentina's 9 (wire/04 §2.2, rest-api part A).</summary>
internal static class NumberForms
{
    /// <summary>The number itself, then its other form if the country has one.</summary>
    public static IEnumerable<string> Of(string digits)
    {
        yield return digits;
        switch (digits)
        {
            case ['5', '5', _, _, '9', ..] when digits.Length == 13: yield return digits[..4] + digits[5..]; break;
            case ['5', '5', ..] when digits.Length == 12: yield return digits[..4] + "9" + digits[4..]; break;
            case ['5', '2', '1', ..] when digits.Length == 13: yield return "52" + digits[3..]; break;
            case ['5', '2', ..] when digits.Length == 12: yield return "521" + digits[2..]; break;
            case ['5', '4', '9', ..] when digits.Length == 13: yield return "54" + digits[3..]; break;
            case ['5', '4', ..] when digits.Length == 12: yield return "549" + digits[2..]; break;
            default: break;
        }
    }
}
