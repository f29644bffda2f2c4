namespace WhatsApp.Grains.Abstractions;

/// <summary>
/// The service cannot start as it is configured. The message is one line for the operator and names the setting; there is nothing to debug.
/// </summary>
public class BadConfigurationException(string message, Exception? inner = null) : Exception(message, inner);
