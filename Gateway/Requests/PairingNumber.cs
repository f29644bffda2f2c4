namespace WhatsApp.Gateway.Requests;

/// <summary>The phone number to link by code. Pure.</summary>
internal static class PairingNumber
{
    private const int MaxLength = 32;

    /// <summary>Digits, or null when absent; a wrong one is noted in the body. International form: <c>+ space - ( )</c> are left out.</summary>
    public static string? Read(JsonBody body, string name, bool isRequired)
    {
        if ((isRequired ? body.RequiredText(name, MaxLength) : body.Text(name, MaxLength)) is not { Length: > 0 } text)
            return null;
        var digits = Address.Strip(text);
        return digits.Length is >= Address.MinDigits and <= Address.MaxDigits && digits.All(char.IsAsciiDigit) && digits[0] != '0'
            ? digits
            : body.Fail<string>(name, "invalid-format", $"must be a phone number with country code, {Address.MinDigits} to {Address.MaxDigits} digits");
    }
}
