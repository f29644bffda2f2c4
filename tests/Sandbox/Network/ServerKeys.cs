using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Noise;

namespace WhatsApp.Sandbox.Network;

/// <summary>
/// The server's static key and its certificate chain under an own root (wire/01 §3.7). Kept in a folder they survive a restart,
/// so that clients that resume with Noise IK need no fallback.
/// </summary>
internal sealed class ServerKeys
{
    private const string FileName = "noise-keys";
    private const int KeyLength = 32;

    private ServerKeys(KeyPair root, KeyPair intermediate, KeyPair @static, TimeProvider time)
    {
        Root = root;
        Static = @static;
        var now = time.GetUtcNow();
        Chain = CertificateIssuer.Issue(root, intermediate, @static.PublicKey, now.AddDays(-1), now.AddYears(10));
    }

    public KeyPair Root { get; }
    public KeyPair Static { get; }
    /// <summary>Encoded CertChain.</summary>
    public byte[] Chain { get; }

    /// <summary>Fresh keys, kept nowhere.</summary>
    public static ServerKeys Create(TimeProvider time) => new(KeyPair.Generate(), KeyPair.Generate(), KeyPair.Generate(), time);

    /// <summary>The keys of a folder, made on first use.</summary>
    public static ServerKeys LoadOrCreate(string folder, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path) && File.ReadAllBytes(path) is { Length: 3 * KeyLength } kept)
            return new ServerKeys(Part(kept, 0), Part(kept, 1), Part(kept, 2), time);
        var pairs = new[] { KeyPair.Generate(), KeyPair.Generate(), KeyPair.Generate() };
        File.WriteAllBytes(path, [.. pairs.SelectMany(pair => pair.PrivateKey)]);
        return new ServerKeys(pairs[0], pairs[1], pairs[2], time);
    }

    private static KeyPair Part(byte[] kept, int index) => KeyPair.FromPrivate(kept.AsSpan(index * KeyLength, KeyLength));
}
