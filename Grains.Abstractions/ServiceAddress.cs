namespace WhatsApp.Grains.Abstractions;

/// <summary>How callers reach the service: what links begin with.</summary>
/// <param name="BaseUrl"><c>BASE_URL</c>, without a slash at the end.</param>
public sealed record ServiceAddress(string BaseUrl);
