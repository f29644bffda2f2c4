using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Signal;

/// <summary>Where fresh ratchet keys come from; vectors replace it.</summary>
public interface IKeyPairSource
{
    /// <summary>A fresh pair.</summary>
    KeyPair Next();
}

/// <summary>Random pairs.</summary>
public sealed class RandomKeyPairs : IKeyPairSource
{
    /// <summary>The one instance.</summary>
    public static RandomKeyPairs Instance { get; } = new();

    /// <inheritdoc/>
    public KeyPair Next() => KeyPair.Generate();
}
