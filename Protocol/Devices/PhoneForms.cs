using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Devices;

/// <summary>
/// Numbers that people write in two ways: Brazil's ninth digit, Mexico's 1, Argentina's 9. The server knows which one the account has (rest-api part A, recipient).
/// </summary>
internal static class PhoneForms
{
    /// <summary>The number as given, then its other form if there is one.</summary>
    public static IReadOnlyList<Jid> Of(Jid phone)
    {
        var digits = phone.User;
        var other = digits switch
        {
            ['5', '5', _, _, '9', ..] when digits.Length == 13 => digits[..4] + digits[5..],
            ['5', '5', _, _, >= '6', ..] when digits.Length == 12 => digits[..4] + "9" + digits[4..],
            ['5', '2', '1', ..] when digits.Length == 13 => "52" + digits[3..],
            ['5', '2', ..] when digits.Length == 12 => "521" + digits[2..],
            ['5', '4', '9', ..] when digits.Length == 13 => "54" + digits[3..],
            ['5', '4', ..] when digits.Length == 12 => "549" + digits[2..],
            _ => null,
        };
        return other is null ? [phone] : [phone, new Jid(other, Jid.PhoneServer)];
    }
}
