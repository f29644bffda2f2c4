using System.Security.Cryptography;
using System.Text;

namespace WhatsApp.Grains.Security;

/// <summary>Making and hashing API keys. Only hashes are kept: a key is 256 random bits, so a plain SHA-256 cannot be guessed backwards.</summary>
public static class ApiKeys
{
    /// <summary>All scopes of an administrator.</summary>
    public static readonly IReadOnlyList<string> AdminScopes = ["read", "send", "control", "settings", "delete", "admin"];

    /// <summary>Scopes of the key that belongs to one instance.</summary>
    public static readonly IReadOnlyList<string> InstanceScopes = ["read", "send", "control", "settings", "delete"];

    /// <summary>A fresh key: <c>wa_</c> + 43 characters.</summary>
    public static string New()
    {
        Span<byte> random = stackalloc byte[32];
        RandomNumberGenerator.Fill(random);
        return "wa_" + Convert.ToBase64String(random).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    /// <summary>Lower-case hex SHA-256.</summary>
    public static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
