using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Signal;

/// <summary>Our own identity: one per device, the same for the whole life of a pairing (wire/03 §3).</summary>
public sealed record LocalIdentity(KeyPair IdentityKey, uint RegistrationId);
