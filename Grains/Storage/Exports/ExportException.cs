namespace WhatsApp.Grains.Storage.Exports;

/// <summary>An export that cannot be made, read or brought in; the message is one line for the operator and holds nothing secret.</summary>
public sealed class ExportException(string message, Exception? inner = null) : Exception(message, inner);
