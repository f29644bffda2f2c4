using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Pairing;

/// <summary>The web client's version we say we are, "2.3000.N". Servers refuse old ones with failure 405 (wire/01 §4.1).</summary>
public readonly record struct ClientVersion(uint Primary, uint Secondary, uint Tertiary)
{
    /// <summary>Reads three numbers with dots.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static ClientVersion Parse(string text)
    {
        var parts = text.Split('.');
        return parts.Length == 3 && Number(parts[0], out var primary) && Number(parts[1], out var secondary) && Number(parts[2], out var tertiary)
            ? new(primary, secondary, tertiary)
            : throw new FormatException("a client version has the form 2.3000.N");
    }

    /// <summary>"2.3000.N".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Primary}.{Secondary}.{Tertiary}");

    /// <summary>buildHash of the registration: MD5 of the text, 16 bytes.</summary>
    internal byte[] BuildHash() => MD5.HashData(Encoding.UTF8.GetBytes(ToString()));

    internal ClientPayload.Types.UserAgent.Types.AppVersion ToProto() => new() { Primary = Primary, Secondary = Secondary, Tertiary = Tertiary };

    private static bool Number(string text, out uint value) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
