namespace WhatsApp.Interop.Tests;

/// <summary>The client programs in <c>clients/</c>, named after their file.</summary>
public enum ThirdPartyLibrary
{
    /// <summary>baileys 6.17.16: dictionary 2, XX handshake only.</summary>
    Baileys,
    /// <summary>zapo-js 0.3.0: dictionary 3, full certificate check, IK handshake on reconnect.</summary>
    Zapo,
}
