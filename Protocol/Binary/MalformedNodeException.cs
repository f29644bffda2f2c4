namespace WhatsApp.Protocol.Binary;

/// <summary>Bytes that are not a stanza. The stream may be out of step: close and reconnect.</summary>
/// <param name="message">What is wrong, without any content of the stanza.</param>
public sealed class MalformedNodeException(string message) : Exception(message);
