namespace WhatsApp.Protocol.Noise;

/// <summary>The handshake or the transport failed: bad MAC, bad message, wrong order. Close the connection.</summary>
public class NoiseException(string message, Exception? inner = null) : Exception(message, inner);
