namespace WhatsApp.Sandbox;

/// <summary>What the program prints when it is ready.</summary>
internal static class StartupText
{
    public static void Network(SandboxNetwork network)
    {
        Console.WriteLine($"WhatsApp sandbox   {network.SocketUrl}");
        Console.WriteLine($"control API        {network.ControlUrl}");
        Console.WriteLine($"noise root key     {Convert.ToHexStringLower(network.RootKey)}");
        Console.WriteLine($"media hosts        {string.Join(' ', network.MediaHosts.Select(host => "https://" + host))}");
        Console.WriteLine($"TLS authority      {network.CaFile}");
    }

    public static void FirstSteps(SandboxNetwork network, int? gatewayPort)
    {
        var curl = network.ControlUrl.Scheme == Uri.UriSchemeHttps ? $"curl --cacert {network.CaFile}" : "curl";
        Console.WriteLine();
        Console.WriteLine("First steps: a phone, an instance, its QR (field qr of the answer), the scan.");
        Console.WriteLine($"  {curl} -X POST {network.ControlUrl}phones -d '{{\"phoneNumber\":\"5511900000001\",\"pushName\":\"Ana\"}}'");
        if (gatewayPort is { } port)
        {
            Console.WriteLine($"  curl -X POST -H 'X-API-Key: KEY' http://127.0.0.1:{port}/instances -H 'Content-Type: application/json' -d '{{}}'");
            Console.WriteLine($"  curl -H 'X-API-Key: KEY' 'http://127.0.0.1:{port}/instances/ID/qr?format=json'");
        }
        Console.WriteLine($"  {curl} -X POST {network.ControlUrl}phones/5511900000001/scan -d '{{\"qr\":\"...\"}}'");
        Console.WriteLine();
    }
}
